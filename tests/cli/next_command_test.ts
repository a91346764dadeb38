import assert from "node:assert/strict";
import { commandFor, sameCommand } from "../../src/cli/next_command.ts";
import { migrate } from "../harness/program.ts";

const TARGET = {
  "--config": "prod.yaml",
  "--migrations": "a folder",
  "--revisions-schema": "it's",
  "--database": "one",
};
const args = Object.entries(TARGET).flatMap(([flag, value]) => [flag, value]);

Deno.test("commandFor() says which database is meant, with every flag that the command takes", async () => {
  const { out } = await migrate(["__complete", ""]);
  const commands = out.split("\n").flatMap((line) =>
    line.includes("\t") ? [line.split("\t")[0]] : []
  );
  assert.ok(commands.length >= 12, out);
  for (const command of commands) {
    const help = (await migrate([command ?? "", "--help"])).out;
    const told = commandFor({ args }, { command: `migrate ${command}` });
    for (const flag of Object.keys(TARGET)) {
      const takes = new RegExp(`^ .*${flag} <`, "m").test(help);
      assert.equal(told.includes(` ${flag} `), takes, `${command} ${flag}: ${told}`);
    }
  }
});

Deno.test("commandFor() writes words as a shell reads them, however the flags were written", () => {
  const told = "migrate resolve 0007 --applied --config prod.yaml --migrations 'a folder'";
  for (
    const given of [
      ["-c", "prod.yaml", "--migrations", "a folder"],
      ["-cprod.yaml", "status", "--migrations=a folder"],
      ["--config=prod.yaml", "plan", "--sql", "--migrations=a folder", "2"],
    ]
  ) {
    assert.equal(commandFor({ args: given }, { command: "migrate resolve 0007 --applied" }), told);
  }
  assert.equal(commandFor({ args: [] }, { command: "migrate" }), "migrate");
  assert.equal(
    commandFor({ args }, { command: "migrate --lock-timeout 5m" }),
    "migrate --lock-timeout 5m --config prod.yaml --migrations 'a folder' --revisions-schema 'it'\\''s' --database one",
  );
  assert.equal(commandFor({ args }, { command: "genmigrate hash" }), "genmigrate hash");
  const same = sameCommand({ args: ["resolve", "0007", ...args.slice(0, 4)] });
  assert.equal(commandFor({ args }, { command: `${same} --yes` }).match(/--config/g)?.length, 1);
});
