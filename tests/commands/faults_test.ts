import { checkFaults, countMessages } from "../harness/faults.ts";

for (const verdict of ["drop", "stall"] as const) {
  Deno.test(`apply() survives a network that ${verdict}s at any message`, async () => {
    const count = await countMessages();
    const step = Math.floor(count / 12);
    const start = 1 + Math.floor(Math.random() * step);
    await checkFaults(
      verdict,
      Array.from({ length: 12 }, (_, i) => start + i * step).filter((at) => at <= count),
    );
  });
}
