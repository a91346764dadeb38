import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import stringWidth from "string-width";
import { shownWidth, withoutColours } from "../../src/cli/columns.ts";
import { fit } from "../../src/cli/fit.ts";
import { widthOf } from "../../src/cli/width.ts";
import { folderOf } from "../harness/atlas.ts";
import { createCheckout } from "../harness/checkout.ts";
import { configFile, configOf } from "../harness/config.ts";
import { createDatabase, databaseAt, type TestDatabase } from "../harness/postgres.ts";
import { atlasFolder } from "../harness/processes.ts";
import { genmigrate, migrate, onTerminal, type ProgramRun } from "../harness/program.ts";
import { createRepository } from "../harness/repository.ts";
import { migrationsFolder, sumsOf } from "../harness/run.ts";
import { toolTest } from "../harness/tools.ts";

/** The lines that are wider than a window although they could be broken. */
function tooWide({ err, out }: ProgramRun, columns = 80): readonly string[] {
  return `${out}\n${err}`.split("\n").flatMap((piece) => {
    // Of a live line the last state is seen.
    const line = withoutColours(piece.split("\r").at(-1)?.replace("\x1b[2K", "") ?? "");
    const kept = /^\s*(?:\d* ?\| |next: )/.test(line) || !/\S \S/.test(line);
    return shownWidth(line) <= columns || kept ? [] : [line];
  });
}

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "bronze/0002_a_name_that_goes_on_for_much_longer_than_anybody_would_like_to_read_it_out.sql":
    "-- atlas:txmode none\n\ncreate table bronze.widths_and_other_things (i int);\nselect 1/0, 'a statement that is far longer than the window is wide, so that it cannot be shown whole';\n",
  "gold/0003_gold.sql": 'create schema gold;\ncreate table gold."日本語の名前の表" (i int);\n',
};
const GOOD = {
  ...FILES,
  "bronze/0002_a_name_that_goes_on_for_much_longer_than_anybody_would_like_to_read_it_out.sql":
    "alter table bronze.a add column j int;\ncreate index on bronze.a (j);\n",
};

/** Runs a command on a terminal of 80 columns. */
async function shown(
  db: TestDatabase,
  args: readonly string[],
  files: Readonly<Record<string, string>> = FILES,
): Promise<ProgramRun> {
  await using config = await configFile(db.database);
  await using folder = await migrationsFolder(files);
  return await onTerminal("migrate", [
    ...args,
    ...["--config", config.path],
    ...args[0] === "wait" ? [] : ["--migrations", folder.path],
  ]);
}

Deno.test("every command of migrate fits 80 columns", async () => {
  await using db = await createDatabase();
  await using fresh = await createDatabase();
  await using theirs = await createDatabase();
  await theirs.sql("create schema theirs; create table theirs.t (i int)");
  const nowhere = { ...db, database: databaseAt("x", { port: 1 }) };
  const runs: readonly (readonly [
    number,
    readonly string[],
    TestDatabase,
    Readonly<Record<string, string>>,
  ])[] = [
    [0, ["plan"], db, FILES],
    [0, ["status"], db, FILES],
    [1, ["apply"], db, FILES],
    [1, ["apply"], db, FILES],
    [0, ["status"], db, FILES],
    [0, ["history"], db, FILES],
    [1, ["verify"], db, FILES],
    [1, ["plan"], db, { ...FILES, "bronze/0001_a.sql": "select 1;\n" }],
    [1, ["verify"], db, { ...FILES, "bronze/0001_a.sql": "select 1;\n" }],
    [1, ["doctor"], db, FILES],
    [2, ["resolve", "0002", "--applied"], db, FILES],
    [2, ["resolve", "0009", "--applied"], db, FILES],
    [0, ["resolve", "0002", "--rolled-back", "--yes"], db, FILES],
    [0, ["apply", "-v"], fresh, GOOD],
    [0, ["apply"], fresh, GOOD],
    [0, ["status"], fresh, GOOD],
    [0, ["history"], fresh, GOOD],
    [0, ["verify"], fresh, GOOD],
    [1, ["baseline", "0001"], fresh, GOOD],
    [2, ["apply", "1", "--engine", "atlas"], fresh, GOOD],
    [1, ["apply"], theirs, GOOD],
    [2, ["plan", "--baseline", "0009"], theirs, GOOD],
    [0, ["baseline", "0002", "--yes"], theirs, GOOD],
    [1, ["apply"], nowhere, GOOD],
    [1, ["doctor"], nowhere, GOOD],
    [1, ["wait", "--timeout", "200ms"], nowhere, GOOD],
    [2, ["apply", "--nope"], db, GOOD],
    [2, ["apply", "--lock-timeout", "5"], db, GOOD],
    [2, ["aply"], db, GOOD],
  ];
  for (const [code, args, place, files] of runs) {
    const run = await shown(place, args, files);
    assert.equal(run.code, code, `migrate ${args.join(" ")}: ${run.out}${run.err}`);
    assert.deepEqual(tooWide(run), [], `migrate ${args.join(" ")}`);
  }
  for (const args of [["version"], ["-c", "/nowhere.yaml"], ["status", "-c", "deno.json"]]) {
    assert.deepEqual(tooWide(await onTerminal("migrate", args)), [], args.join(" "));
  }
});

toolTest("atlas", "every command of genmigrate fits 80 columns", async () => {
  await using checkout = await createCheckout({ "bronze/0001_a.sql": "create schema bronze;\n" });
  await checkout.declare(
    "bronze",
    "create schema bronze;\ncreate table bronze.a_table_with_a_name_that_is_rather_long (id int);\n",
  );
  await checkout.declare("gold", "create schema gold;\ncreate view gold.v as select 1 as one;\n");
  await using config = await configFile(checkout.db.database);
  const env = { PATH: await atlasFolder(config.folder) };
  const out = ["--out", checkout.out];
  const compare = ["--schema", checkout.schema, ...out, "-c", config.path];
  const run = async (...args: readonly string[]) => {
    const done = await onTerminal("genmigrate", args, { env });
    assert.ok(done.out + done.err !== "", args.join(" "));
    assert.deepEqual(tooWide(done), [], `genmigrate ${args.join(" ")}`);
  };
  await run("check", ...compare);
  await run("hash", ...out);
  await run("new", "fill_owner_of_all_that_is_there_already", "--layer", "silver", ...out);
  await run("add_something_with_quite_a_long_name_for_once", ...compare, "-v");
  await run("Not A Name", ...compare);
  await run("add_x", ...compare.slice(0, -2), "-c", "/nowhere.yaml");
  await using wrong = await configFile(configOf(databaseAt("not_for_development")));
  await run("add_x", ...compare.slice(0, -2), "-c", wrong.path);
  await Deno.writeTextFile(join(checkout.out, "bronze/0001_a.sql"), "select 1;\n");
  await run("check", ...compare);
  await using repository = await createRepository({ "bronze/0001_a.sql": "select 1;\n" });
  await run("renumber", "--out", repository.out);
});

Deno.test("the help of every command of both programs fits 80 columns, also off a terminal", async () => {
  for (const [name, program] of [["migrate", migrate], ["genmigrate", genmigrate]] as const) {
    const first = await program(["--help"]);
    const listed = (title: string) => {
      const [, list = ""] = new RegExp(`\n${title}.*:\n([^]*?)\n(?:\n|$)`).exec(first.out) ?? [];
      return [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, word = ""]) => word);
    };
    const commands = listed("Commands");
    assert.ok(commands.length >= 7);
    const pages = [
      ["--help"],
      ...commands.map((command) => [command, "--help"]),
      ...listed("Topics").map((topic) => ["help", topic]),
      ["help", "lock_timeout"],
    ];
    for (const page of pages) {
      for (const run of [await program(page), await onTerminal(name, page)]) {
        assert.equal(run.code, 0, page.join(" "));
        assert.deepEqual(tooWide(run), [], `${name} ${page.join(" ")}`);
      }
    }
  }
});

Deno.test("what is read by others stays whole on a terminal, and what is logged too", async () => {
  await using folder = await folderOf({});
  const config = join(folder.path, `${"long/".repeat(30)}config.yaml`);
  const document = await onTerminal("migrate", ["--json", "-c", config], { columns: 40 });
  assert.equal(JSON.parse(document.out).error.code, "config_missing");
  const logged = await migrate(["-c", config]);
  assert.equal(logged.err.split("\n")[0]?.includes('config.yaml" does not exist'), true);
});

Deno.test("migrate apply aligns names of wide letters, emoji and marks", async () => {
  await using db = await createDatabase();
  const names = ["plain", "日本語", "rocket_🚀", "cafe\u0301", "한국어_이름", "flag_🇩🇪"];
  // Only a folder without layers may have such names.
  const files = names.map((name, i) => ({ name: `000${i + 1}_${name}.sql`, text: "select 1;\n" }));
  await using folder = await folderOf({
    ...Object.fromEntries(files.map(({ name, text }) => [name, text])),
    "atlas.sum": sumsOf(files),
  });
  await using config = await configFile(db.database);
  const args = ["-c", config.path, "--migrations", folder.path, "--engine", "embedded"];
  const { err, out } = await onTerminal("migrate", args);
  const lines = out.split("\n").filter((line) => line.includes("✔")).map(withoutColours);
  assert.equal(lines.length, names.length, out + err);
  const ends = lines.map((line) => stringWidth(line));
  assert.deepEqual([...new Set(ends)].length, 1, out);
});

Deno.test("widthOf() is what terminals show, by a library that knows them", () => {
  const parts = fc.constantFrom(
    ...[
      "a",
      " ",
      "é",
      "e\u0301",
      "日",
      "語",
      "ｱ",
      "Ａ",
      "한",
      "🚀",
      "❤",
      "❤️",
      "🇩🇪",
      "👩‍👩‍👧",
      "👍🏽",
      "1️⃣",
    ],
    ...["–", "✔", "…", "\u200b", "ä", "ß", "я", "☰", "\u{17000}"],
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (words) => {
      const text = words.join("-");
      assert.equal(widthOf(text), stringWidth(text), JSON.stringify(text));
    }),
  );
});

Deno.test("fit() breaks between words, keeps every word, and fits", () => {
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => !/[\s\p{Cc}]/u.test(text));
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: 0, max: 4 }),
      (words, columns, indent) => {
        const line = " ".repeat(indent) + words.join(" ");
        const lines = fit(line, columns).split("\n");
        assert.equal(lines.map((each) => each.trim()).join(" "), words.join(" "));
        for (const each of lines) {
          assert.ok(shownWidth(each) <= columns || !each.trim().includes(" "), each);
        }
      },
    ),
  );
});
