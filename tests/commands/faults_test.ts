import { CASES, checkFaults, countMessages } from "../harness/faults.ts";

for (const [verdict, pipeline] of CASES) {
  const how = pipeline ? "files sent ahead" : "one answer at a time";
  Deno.test(`apply() survives a network that ${verdict}s at any message, ${how}`, async () => {
    const count = await countMessages(pipeline);
    const step = Math.floor(count / 12);
    const start = 1 + Math.floor(Math.random() * step);
    await checkFaults(
      verdict,
      Array.from({ length: 12 }, (_, i) => start + i * step).filter((at) => at <= count),
      pipeline,
    );
  });
}
