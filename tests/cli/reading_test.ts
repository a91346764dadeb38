import assert from "node:assert/strict";
import { migrate, type ProgramRun } from "../harness/program.ts";
import { migrationsFolder } from "../harness/run.ts";
import { createSeveral } from "../harness/several.ts";

const FILES = {
  "bronze/0001_a.sql": "create schema bronze;\ncreate table bronze.a (i int);\n",
  "silver/0002_b.sql": "create schema silver;\ncreate index i on bronze.a (i);\n",
};

const EDITED = { ...FILES, "bronze/0001_a.sql": "create schema bronze;\n" };

Deno.test("status, verify, plan and history answer for each of several databases", async () => {
  await using several = await createSeveral(3);
  await using folder = await migrationsFolder(FILES);
  await using edited = await migrationsFolder(EDITED);
  const [a = "", b = "", c = ""] = several.names;
  const run = async (args: readonly string[], path = folder.path): Promise<ProgramRun> =>
    await migrate([...args, "--config", several.config, "--migrations", path]);
  assert.equal((await run(["--engine", "embedded", "--database", a])).code, 0);
  assert.equal((await run(["apply", "1", "--engine", "embedded", "--database", b])).code, 0);

  const status = await run(["status"]);
  assert.equal(status.code, 0, status.err);
  assert.equal(
    status.out,
    `✔ ${a}  2 applied up to 0002\n! ${b}  1 applied up to 0001, 1 pending\n! ${c}  none applied, 2 pending\n3 databases: 1 up to date, 2 differs\n`,
  );
  assert.equal((await run(["status", "--exit-code"])).code, 3);
  assert.equal((await run(["status", "--exit-code", "--database", a])).code, 0);
  const document = JSON.parse((await run(["status", "--json", "--jobs", "2"])).out);
  assert.equal(document.status, "differs");
  assert.deepEqual(
    document.databases.map((each: Record<string, unknown>) => [each["name"], each["status"]]),
    [[a, "up_to_date"], [b, "differs"], [c, "differs"]],
  );

  const verify = await run(["verify"]);
  assert.equal(verify.code, 0, verify.err);
  assert.match(verify.out, new RegExp(`^✔ ${b}  1 applied, as in the files$`, "m"));
  const wrong = await run(["verify"], edited.path);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, new RegExp(`^! ${a}  0001 `, "m"));
  assert.match(wrong.out, new RegExp(`^✔ ${c}  0 applied, as in the files$`, "m"));

  const plan = await run(["plan"]);
  assert.match(plan.out, new RegExp(`^${a}\nNothing to do .*\n\n${b}\n0002 silver`, "m"));
  const planned = JSON.parse((await run(["plan", "--json"])).out);
  assert.equal(planned.status, "pending");
  const history = await run(["history"]);
  assert.match(history.out, new RegExp(`^${c}\nNo migration was ever applied here`, "m"));
  assert.equal(JSON.parse((await run(["history", "--json"])).out).databases.length, 3);
});

Deno.test("status answers for those that can be read, and fails for one that cannot", async () => {
  await using several = await createSeveral(1, { more: ["no_such_database"] });
  await using folder = await migrationsFolder(FILES);
  const args = ["status", "--exit-code", "--config", several.config, "--migrations", folder.path];
  const run = await migrate(args);
  assert.equal(run.code, 1);
  assert.match(run.out, /^! t_\w+ +none applied, 2 pending$/m);
  assert.match(run.out, /^✖ no_such_database +Cannot connect/m);
  assert.match(run.err, /^no_such_database\nerror\[database_missing\]/m);
  const document = JSON.parse((await migrate([...args, "--json"])).out);
  assert.equal(document.status, "failed");
  assert.equal(document.error.code, "databases_failed");
  assert.deepEqual(document.databases.map(({ status }: { readonly status: string }) => status), [
    "differs",
    "failed",
  ]);
  // What to type next names the one database.
  const one = await migrate([...args, "--database", "no_such_database"]);
  assert.equal(one.code, 1);
});

Deno.test("a command that works on one database asks which, where several are listed", async () => {
  await using several = await createSeveral(2);
  await using folder = await migrationsFolder(FILES);
  const args = ["--config", several.config, "--migrations", folder.path, "--yes"];
  for (const command of [["baseline", "0001"], ["resolve", "0001", "--applied"]]) {
    const run = await migrate([...command, ...args]);
    assert.equal(run.code, 2);
    assert.match(run.err, /^error\[database_ambiguous\]/m);
    assert.match(run.err, /^hint: Choose one with --database$/m);
  }
  const [first = "", second = ""] = several.names;
  const chosen = await migrate(["baseline", "0001", ...args, "--database", second]);
  assert.equal(chosen.code, 0, chosen.err);
  const status = await migrate(["status", ...args.slice(0, -1)]);
  assert.match(status.out, new RegExp(`^! ${first}  none applied`, "m"));
  assert.match(status.out, new RegExp(`^! ${second}  1 applied up to 0001, 1 pending$`, "m"));
});

Deno.test("wait waits for each of several databases", async () => {
  await using several = await createSeveral(2);
  const wait = ["wait", "--config", several.config];
  const good = await migrate(wait);
  assert.equal(good.code, 0, good.err);
  assert.equal(good.out + good.err, "");
  await using more = await createSeveral(1, { more: ["no_such_database"] });
  const late = await migrate(["wait", "--config", more.config, "--timeout", "2s"]);
  assert.equal(late.code, 1);
  assert.match(late.err, /error\[database_missing\]/);
});

Deno.test("doctor looks at the first of several databases, and says so", async () => {
  await using several = await createSeveral(2);
  const [first = "", second = ""] = several.names;
  const doctor = ["doctor", "--engine", "embedded", "--config", several.config];
  const run = await migrate(doctor);
  assert.match(run.out, new RegExp(`of 2 databases this looks at ${first}`));
  assert.match(run.out, new RegExp(first));
  const chosen = await migrate([...doctor, "--database", second, "--json"]);
  assert.match(JSON.parse(chosen.out).database, new RegExp(`/${second}$`));
});
