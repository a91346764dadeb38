import assert from "node:assert/strict";
import fc from "fast-check";
import { CODES } from "../../src/errors.ts";
import { GENMIGRATE_TOPICS, MIGRATE_TOPICS, plainText } from "../../src/topics/mod.ts";
import { wrap } from "../../src/topics/wrap.ts";
import { genmigrate, migrate } from "../harness/program.ts";

for (
  const [name, run, topics] of [
    ["migrate", migrate, MIGRATE_TOPICS],
    ["genmigrate", genmigrate, GENMIGRATE_TOPICS],
  ] as const
) {
  Deno.test(`${name} help explains each of its topics in 80 columns`, async () => {
    const list = await run(["help"]);
    assert.equal(list.out, (await run(["--help"])).out);
    for (const topic of topics) {
      assert.match(list.out, new RegExp(`^  ${topic.name} +${topic.summary}$`, "m"));
      const { code, err, out } = await run(["help", topic.name]);
      assert.deepEqual([code, err], [0, ""]);
      for (const line of out.split("\n")) assert.ok([...line].length <= 80, line);
    }
    for (const line of list.out.split("\n")) assert.ok([...line].length <= 80, line);
  });

  Deno.test(`${name} help shows a command's help, and suggests what was meant`, async () => {
    assert.equal((await run(["help", "help"])).out, (await run(["help", "--help"])).out);
    assert.match((await run(["help", "completions"])).out, new RegExp(`^Usage: ${name} completi`));
    for (
      const [word, meant] of [
        ["confg", "configuration"],
        ["exit-code", "exit-codes"],
        ["lock_timeuot", "lock_timeout"],
        ["hlep", "help"],
      ]
    ) {
      const refused = await run(["help", word ?? ""]);
      assert.equal(refused.code, 2);
      assert.match(
        refused.err,
        new RegExp(`^error\\[usage\\]: .*; did you mean "${meant}"\\?$`, "m"),
      );
    }
    assert.doesNotMatch((await run(["help", "__complete"])).err, /did you mean/);
  });

  Deno.test(`${name} help completes topics and commands`, async () => {
    const { out } = await run(["__complete", "help", "ex"]);
    assert.match(out, /^exit-codes\t/);
    assert.match((await run(["__complete", "help", "comp"])).out, /^completions\t/);
  });
}

Deno.test("migrate help explains every error code", async () => {
  for (const [code, [exit, meaning]] of Object.entries(CODES)) {
    const { out } = await migrate(["help", code]);
    assert.ok(out.replaceAll("\n", " ").includes(`${code}: ${meaning}. Exit code ${exit}.`), out);
    const [, topic = ""] = /^More: migrate help (\S+)$/m.exec(out) ?? [];
    assert.ok(MIGRATE_TOPICS.some(({ name }) => name === topic), out);
  }
});

Deno.test("wrap() keeps every word, in order, and breaks no code", () => {
  const word = fc.oneof(fc.stringMatching(/^[a-z,.]{1,12}$/), fc.constant("`a b c`"));
  fc.assert(fc.property(fc.array(word), fc.integer({ min: 12, max: 60 }), (words, width) => {
    const text = words.join(" ");
    const lines = wrap(text, width);
    assert.equal(lines.join(" "), text);
    for (const line of lines) assert.ok(line.length <= width);
  }));
});

Deno.test("plainText() breaks the last column of a table below itself", () => {
  const topic = {
    name: "t",
    summary: "",
    blocks: [{ kind: "table", head: ["a", "b"], rows: [["x", "one two three four five"]] }],
  } as const;
  assert.equal(plainText(topic, 24), "  x  one two three four\n     five\n");
});
