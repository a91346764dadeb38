import fc from "fast-check";
import { seed } from "../harness/seed.ts";
import { splitsAlike } from "../harness/windowed.ts";

Deno.test("Statements are the same in whatever window and pieces, many times", () => {
  fc.assert(splitsAlike, { numRuns: 200_000, seed });
});
