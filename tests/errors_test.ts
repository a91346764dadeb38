import assert from "node:assert/strict";
import { CODES, type ErrorCode, interrupted, MigrateError } from "../src/errors.ts";
import { commandsOf, sourcesBelow, thrown } from "./harness/thrown.ts";
import { genmigrate, migrate } from "./harness/program.ts";

const FILES = await sourcesBelow("src", "scripts");

Deno.test("MigrateError cannot be made without an instruction", () => {
  // @ts-expect-error -- the type is what holds this for every code
  assert.equal(new MigrateError("usage", "Cannot do that", {}).hint, undefined);
  assert.ok(interrupted("Stopped").hint.length > 0);
});

Deno.test("every error has an instruction of some words, and ends without a full stop", () => {
  const throws = FILES.flatMap(thrown);
  assert.ok(throws.length > 100, `only ${throws.length} found`);
  for (const { hint, place } of throws) {
    for (const text of hint) {
      assert.ok(text.length >= 8 || /^\$\{/.test(text), `${place}: "${text}" is no instruction`);
      assert.doesNotMatch(text, /[^. ]\.$/, `${place}: "${text}" ends with a full stop`);
    }
  }
});

Deno.test("every code of an error is one that something ends with", () => {
  const all = FILES.filter(({ path }) => path !== "src/errors.ts").map(({ text }) => text).join();
  for (const code of Object.keys(CODES) as ErrorCode[]) {
    assert.ok(all.includes(`"${code}"`), `nothing ends with ${code}`);
  }
});

Deno.test("the commands that errors name exist, with their flags", async () => {
  const commands = FILES.flatMap(commandsOf);
  assert.ok(commands.length >= 20, commands.map(({ text }) => text).join("\n"));
  const helps = new Map<string, string>();
  for (const { place, text } of commands) {
    const [program = "", first = ""] = text.split(" ");
    const command = /^[a-z]/.test(first) ? first : "";
    const name = `${program} ${command}`.trim();
    if (!helps.has(name)) {
      const run = program === "migrate" ? migrate : genmigrate;
      const { code, out } = await run(command === "" ? ["--help"] : [command, "--help"]);
      assert.equal(code, 0, `${place}: "${text}" is no command`);
      assert.match(out, new RegExp(`^Usage: ${name}\\b`), `${place}: "${text}" is no command`);
      helps.set(name, out);
    }
    for (const [flag] of text.matchAll(/--[a-z-]+/g)) {
      assert.ok(helps.get(name)?.includes(flag), `${place}: ${name} has no ${flag}`);
    }
  }
});
