import assert from "node:assert/strict";
import postgres from "postgres";
import { folderOf } from "../harness/atlas.ts";
import { DUMPING, writesDumps } from "../harness/core_dumps.ts";
import { formsOf, PASSWORD, startLoggedPostgres } from "../harness/leaks.ts";
import { searchFor, watchRun } from "../harness/lookout.ts";

const SECRET = "planted-where-others-can-see";
const dumps = await writesDumps();

/** What tells a secret, as a shell would do it, and where that is to be found. */
const LEAKS: readonly (readonly [place: RegExp, script: string])[] = [
  [/^standard output: /, 'echo "it is $S."'],
  [/^standard error: /, 'echo "it is $S." >&2'],
  [/^\/proc\/\d+\/cmdline: /, 'exec -a migrate bash -c "sleep 0.5; true" x $S'],
  [/^\/proc\/\d+\/cmdline: /, 'bash -c "bash -c \\"sleep 0.5; true\\" x $S; true"'],
  [/^\/proc\/\d+\/environ: /, "export LEAKED=$S; exec sleep 0.5"],
  [/^\/proc\/\d+\/environ: /, 'LEAKED=$S bash -c "sleep 0.5; true"; true'],
  [/^\/.*\/some\/where: /, "mkdir some; echo $S > some/where; sleep 0.5; rm -r some"],
  [/^\/.*\/left: /, "echo $S > left"],
];

Deno.test("watchRun() sees a secret in every place where one may be leaked", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using server = await startLoggedPostgres();
  const { host, port } = server;
  const connect = (name: string) =>
    postgres({
      ...{ host, port, user: "postgres", max: 1 },
      connection: { application_name: name },
    });
  const sql = connect("watcher");
  await using _ = { [Symbol.asyncDispose]: () => sql.end() };
  await sql.unsafe("set log_statement = 'none'");
  const watch = async (script: string, search = searchFor([SECRET])) => {
    await using folder = await folderOf({ ".secret": "" });
    const given = { GIVEN: SECRET, PATH: Deno.env.get("PATH") ?? "" };
    const child = new Deno.Command("bash", {
      // It knows the secret from its own environment, as our programs may.
      args: ["-c", `S=$GIVEN; export -n GIVEN; ${script}`],
      clearEnv: true,
      env: given,
      cwd: folder.path,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return await watchRun(child, { search, folder: folder.path, given, sql });
  };
  assert.deepEqual((await watch("echo nothing; sleep 0.3")).leaks, []);
  for (const [place, script] of LEAKS) {
    const { leaks } = await watch(script);
    assert.ok(leaks.length > 0, script);
    for (const leak of leaks) assert.match(leak, place, script);
  }
  if (dumps) {
    const { leaks } = await watch(`${DUMPING}; bash -c 'kill -ABRT $$'; true`);
    assert.match(leaks.join("\n"), /^core dump: core/m);
  }
  // what a server tells of its sessions
  for (const [name, query] of [[SECRET, "select 1"], ["plain", `select '${SECRET}'`]] as const) {
    const telling = connect(name);
    await telling.unsafe(query).simple();
    const { activity, leaks } = await watch("sleep 0.3");
    assert.ok(activity.length > 0);
    assert.match(leaks.join(), new RegExp(`^pg_stat_activity: ${SECRET}`));
    await telling.end();
  }
  // and what it writes down
  assert.notDeepEqual(searchFor([SECRET])(await server.log()), []);
  // in every form
  const forms = formsOf(PASSWORD);
  const script = forms.map((form) => `echo '${form.replaceAll("'", "'\\''")}'`).join("\n");
  const { leaks } = await watch(script, searchFor(forms));
  const printed = leaks.filter((leak) => leak.startsWith("standard output"));
  assert.deepEqual(printed, forms.map((form) => `standard output: ${form}`));
});
