import assert from "node:assert/strict";
import { bytesText } from "../src/byte_size.ts";

Deno.test("bytesText() rounds up what is small, and to a tenth what is large", () => {
  const cases = [[0, "0 kB"], [1, "1 kB"], [8192, "9 kB"], [999_999, "1000 kB"]] as const;
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text);
  assert.equal(bytesText(1_250_000), "1.3 MB");
  assert.equal(bytesText(2_500_000_000), "2.5 GB");
});
