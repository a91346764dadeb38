import assert from "node:assert/strict";
import { literal } from "../../src/postgres/quote.ts";
import { folderOf } from "../harness/atlas.ts";
import { formsOf, PASSWORD } from "../harness/leaks.ts";
import { createDatabase, server } from "../harness/postgres.ts";
import { migrate } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";

const UNIX = { ignore: Deno.build.os === "windows" };

function configOf(dbname: string, password: string): string {
  const { host, port } = server();
  const settings = { host, port, user: "postgres", password, dbname, sslmode: "disable" };
  return JSON.stringify({ database: settings });
}

/** Passwords that our own words, numbers and JSON are full of. */
const WORDS = ["migrations", "postgres", "error", "0001", "a"];

Deno.test("only what others say is redacted, never our own words", async () => {
  await using good = await migrationsFolder({
    "bronze/0001_a.sql": "create schema bronze;\n",
    "silver/0003_b.sql": "select 1;\n",
  });
  await using older = await migrationsFolder({
    "bronze/0001_a.sql": "create schema bronze;\n",
    "bronze/0002_late.sql": "select 2;\n",
    "silver/0003_b.sql": "select 1;\n",
  });
  const runsWith = async (password: string) => {
    await using db = await createDatabase();
    await using folder = await folderOf({ "config.yaml": configOf(db.name, password) });
    await Deno.chmod(`${folder.path}/config.yaml`, 0o600).catch(() => {});
    const texts: string[] = [];
    for (
      const [command, migrations, flags] of [
        [[], good, ["-v", "--engine", "embedded"]],
        [["status"], good, []],
        [["history"], good, ["--json"]],
        [["verify"], older, []],
        // refused in our own words
        [[], older, ["--engine", "embedded"]],
        [["status"], older, ["--json"]],
        [["resolve", "0009", "--applied"], good, []],
        [["status", "--no-such-flag"], good, []],
      ] as const
    ) {
      const { code, err, out } = await migrate([
        ...command,
        ...flags,
        ...["--config", `${folder.path}/config.yaml`, "--migrations", migrations.path],
      ]);
      texts.push(
        `${command} ${code}\n${out}${err}`.replaceAll(db.name, "DB")
          .replaceAll(folder.path, "FOLDER")
          .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+Z?/g, "WHEN")
          .replaceAll(/("\w+(?:_ms|Ms)": )[\d.]+/g, "$1N")
          .replaceAll(/ *\b[\d.]+ ?(?:ms|µs|s)\b/g, " LONG"),
      );
    }
    return texts;
  };
  const plain = await runsWith(PASSWORD);
  assert.doesNotMatch(plain.join(), /\*\*\*\*/);
  for (const word of WORDS) assert.deepEqual(await runsWith(word), plain, word);
});

/** An Atlas that tells what it knows: on both streams, in pieces, in every form. */
function tellingAtlas(forms: readonly string[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const pieces = forms.map((form) => {
    const middle = Math.floor(form.length / 2);
    const [first, second] = [form.slice(0, middle), form.slice(middle)].map(quoted);
    return `printf '%s' 'it is ' ${first} >&2; sleep 0.02; printf '%s\\n' ${second} >&2`;
  });
  const error = JSON.stringify({ Error: `no ${forms[0]}` });
  return `#!/bin/sh
[ "$1" = version ] && echo "atlas community version v1.2.3" && exit
cat > /dev/null
${pieces.join("\n")}
printf '%s' ${quoted(error.slice(0, 20))}; sleep 0.05; printf '%s' ${quoted(error.slice(20))}
exit 1
`;
}

Deno.test(
  "what Atlas tells is redacted, also where a secret comes in two pieces",
  UNIX,
  async () => {
    const forms = formsOf(PASSWORD);
    await using db = await createDatabase();
    await using good = await migrationsFolder({ "bronze/0001_a.sql": "select 1;\n" });
    await using folder = await folderOf({
      "config.yaml": configOf(db.name, PASSWORD),
      "bin/atlas": tellingAtlas(forms),
      "temp/x": "",
    });
    await Deno.chmod(`${folder.path}/bin/atlas`, 0o755);
    for (const flags of [[], ["-v"], ["--json"], ["-q"]]) {
      const { code, err, out } = await migrate(
        [
          ...["--config", `${folder.path}/config.yaml`, "--migrations", good.path],
          ...["--engine", "atlas", ...flags],
        ],
        { PATH: `${folder.path}/bin:/usr/bin:/bin`, TMPDIR: `${folder.path}/temp` },
      );
      assert.equal(code, 1, err);
      assert.deepEqual(forms.filter((form) => `${out}${err}`.includes(form)), [], out + err);
      assert.match(out + err, /\*\*\*\*/);
    }
  },
);

Deno.test("what an earlier run wrote into the history is the server's word", async () => {
  await using db = await createDatabase();
  await using good = await migrationsFolder({
    "bronze/0001_a.sql": "-- atlas:txmode none\n\nselect 1;\nselect 1/0;\n",
  });
  await using folder = await folderOf({ "config.yaml": configOf(db.name, PASSWORD) });
  const run = (...args: readonly string[]) =>
    migrate([
      ...args,
      ...["--config", `${folder.path}/config.yaml`, "--migrations", good.path],
    ]);
  assert.equal((await run("apply", "--engine", "embedded")).code, 1);
  await db.sql(
    `update atlas_schema_revisions.atlas_schema_revisions
     set error = ${literal(`no ${PASSWORD}`)}, error_stmt = ${literal(`say ${literal(PASSWORD)}`)}`,
  );
  for (const args of [["status"], ["status", "--json"], ["history"], ["history", "--json"]]) {
    const { err, out } = await run(...args);
    assert.deepEqual(formsOf(PASSWORD).filter((form) => `${out}${err}`.includes(form)), [], out);
    assert.match(out, args[0] === "status" ? /no \*{4}/ : /0001/);
  }
});
