// deno-lint-ignore-file no-console -- a script prints
import { releaseOf } from "./postgres/packages.ts";
import { startPostgres } from "./postgres/server.ts";

/** What is asked of every version of PostgreSQL, not only of the one that all tests run on. */
const ENGINE = [
  ...["apply_test.ts", "faults_test.ts", "lock_wait_test.ts", "watch_test.ts", "unfit_test.ts"]
    .map((file) => `tests/commands/${file}`),
  ...["session_test.ts", "pipeline_test.ts", "lock_test.ts"].map((file) =>
    `tests/postgres/${file}`
  ),
];

/**
 * Runs the tests on a throwaway PostgreSQL: `scripts/test.ts [--long] [--postgres=13] [file …]`.
 * Without files, all tests but those in `*_long_test.ts`; with `--long`, those alone; with
 * `--postgres`, a major version, those of the engine. Says which tests were ignored for
 * want of which tool; with HOTPOT_REQUIRE_TOOLS=atlas,… a test ignored for one of these is a failure.
 */
async function run(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => stop.abort());
  }
  const files = args.filter((arg) => !arg.startsWith("--"));
  const major = args.find((arg) => arg.startsWith("--postgres="))?.split("=")[1];
  const chosen = files.length > 0
    ? files
    : major === undefined
    ? await testFiles(args.includes("--long"))
    : ENGINE;
  const release = major === undefined ? undefined : releaseOf(major);
  await using server = await startPostgres(release === undefined ? {} : { release });
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--parallel", `--junit-path=${report}`, ...chosen],
      env: {
        HOTPOT_TEST_POSTGRES: `${server.host}:${server.port}`,
        HOTPOT_TEST_SOCKET: server.socket,
        // For tests that start a server of their own.
        HOTPOT_TEST_RELEASE: server.release,
      },
      signal: stop.signal,
    }).spawn();
    const { code } = await child.status;
    return conclude(code, await Deno.readTextFile(report));
  } finally {
    await Deno.remove(report);
  }
}

async function testFiles(long: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/_test\.ts$/.test(entry.name) && /_long_test\.ts$/.test(entry.name) === long) {
        found.push(path);
      }
    }
  };
  await walk("tests");
  return found.sort();
}

/** Prints what was ignored and the last line, and returns the exit code. */
function conclude(code: number, junit: string): number {
  const cases = [
    ...junit.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
  ];
  const ignored = cases.filter(([, , body]) => body?.includes("<skipped")).map(([, name]) =>
    name ?? ""
  );
  const failed = cases.filter(([, , body]) => /<(?:failure|error)/.test(body ?? "")).length;
  const passed = cases.length - ignored.length - failed;
  for (const name of ignored) console.log(`ignored: ${plain(name)}`);
  const required = (Deno.env.get("HOTPOT_REQUIRE_TOOLS") ?? "").split(",").filter((tool) =>
    tool !== ""
  );
  const missing = ignored.filter((name) =>
    required.some((tool) => name.includes(`[needs ${tool}]`))
  );
  if (missing.length > 0) {
    console.log("These tests must not be ignored here: their tools are required");
  }
  const skipped = ignored.length === 0 ? "" : `, ${ignored.length} skipped`;
  console.log(`${passed} passed, ${failed} failed${skipped}`);
  if (passed + failed === 0) console.log("No test ran");
  return code !== 0 || missing.length > 0 || passed === 0 ? 1 : 0;
}

/** A text out of XML. */
function plain(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

if (import.meta.main) Deno.exit(await run(Deno.args));
