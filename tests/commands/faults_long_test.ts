import { checkFaults, countMessages } from "../harness/faults.ts";

for (const verdict of ["drop", "stall"] as const) {
  Deno.test(`apply() survives a network that ${verdict}s at each message in turn`, async () => {
    const count = await countMessages();
    await checkFaults(verdict, Array.from({ length: count }, (_, i) => i + 1));
  });
}
