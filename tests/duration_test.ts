import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDuration } from "../src/duration.ts";

Deno.test("parseDuration() reads numbers with units", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["250ms", 250],
    ["10s", 10_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1h1m1s1ms", 3_661_001],
    ["1.5s", 1500],
    ["0.5ms", 1],
    ["0", 0],
    ["0s", 0],
    ["007s", 7000],
    ["2147483647ms", 2_147_483_647],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration() says what is wrong", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["10", /^"10" has no unit; write 10s or 10m$/],
    ["00", /has no unit/],
    ["", /^"" is no duration; write 10s, 5m, 1h30m or 250ms$/],
    ["10x", /is no duration/],
    ["10 s", /is no duration/],
    [" 10s", /is no duration/],
    ["10s\n", /is no duration/],
    ["-1s", /is no duration/],
    ["+1s", /is no duration/],
    [".5s", /is no duration/],
    ["5.s", /is no duration/],
    ["1e3s", /is no duration/],
    ["1S", /is no duration/],
    ["1d", /is no duration/],
    ["s", /is no duration/],
    ["1h30", /is no duration/],
    ["Infinitys", /is no duration/],
    ["2147483648ms", /is longer than 24 days/],
    ["597h", /is longer than 24 days/],
    [`${"9".repeat(400)}h`, /is longer than 24 days/],
  ];
  for (const [text, fault] of cases) {
    const parsed = parseDuration(text);
    assert.ok(typeof parsed === "object", text);
    assert.match(parsed.fault, fault);
  }
});

Deno.test("parseDuration() reads back what is written with units", () => {
  const amount = fc.nat({ max: 99 });
  fc.assert(fc.property(amount, amount, amount, amount, (h, m, s, ms) => {
    const text = `${h}h${m}m${s}s${ms}ms`;
    assert.equal(parseDuration(text), ((h * 60 + m) * 60 + s) * 1000 + ms);
  }));
});
