import { CASES, checkFaults, countMessages } from "../harness/faults.ts";

for (const [verdict, pipeline] of CASES) {
  const how = pipeline ? "files sent ahead" : "one answer at a time";
  Deno.test(`apply() survives a network that ${verdict}s at each message in turn, ${how}`, async () => {
    const count = await countMessages(pipeline);
    await checkFaults(verdict, Array.from({ length: count }, (_, i) => i + 1), pipeline);
  });
}
