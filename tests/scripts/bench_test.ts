import assert from "node:assert/strict";
import { join } from "node:path";
import { parseOptions } from "../../scripts/bench/options.ts";
import { markdownTable, raceTable, slower } from "../../scripts/bench/report.ts";
import { duration, spread, summarise } from "../../scripts/bench/statistics.ts";
import { MigrateError } from "../../src/errors.ts";
import { folderOf } from "../harness/atlas.ts";
import { COMPILER } from "../harness/compiled.ts";
import { toolTest } from "../harness/tools.ts";

/** Starts the benchmark, on a small scale, with a temporary folder of its own. */
function startBench(
  args: readonly string[],
  { atlas, denort, temp }: {
    readonly atlas: string;
    readonly denort: string;
    readonly temp: string;
  },
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "scripts/bench.ts", "--tools", "atlas", "--rounds", "1", ...args],
    env: { TMPDIR: temp, ATLAS_BIN: atlas, DENORT_BIN: denort, DENO_COMPILER: COMPILER },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What others may read and the server must: it does not run as root. */
async function openFolder() {
  const folder = await folderOf({});
  await Deno.chmod(folder.path, 0o755);
  return folder;
}

toolTest(["denort", "atlas"], "bench measures on a small scale and leaves its table alone", async (
  denort,
  atlas,
) => {
  await using folder = await openFolder();
  await using temp = await openFolder();
  const output = join(folder.path, "bench.md");
  const args = ["--files", "2", "--distances", "3", "--output", output];
  args.push("--scenarios", "fresh,distance,nothing,growth,generate");
  const child = startBench(args, { atlas, denort, temp: temp.path });
  const { code, stderr, stdout } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const text = new TextDecoder().decode(stdout);
  assert.equal(await Deno.readTextFile(output), `# Benchmark\n\n${text}`);
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  const rows = lines.filter((line, i) =>
    !line.startsWith("| -") && !lines[i + 1]?.startsWith("| -")
  );
  assert.equal(rows.length, 9);
  for (const row of rows) {
    const cells = row.split("|").slice(2, -1);
    assert.ok(cells.length >= 4 && cells.every((cell) => /\d/.test(cell)), row);
  }
  assert.match(text, /migrate [\d.]+, embedded engine, compiled, commit/);
  assert.match(text, /PostgreSQL \d+/);
  assert.deepEqual(Array.from(Deno.readDirSync(temp.path)), []);
});

toolTest(["denort", "atlas"], "bench leaves nothing when it is stopped", async (denort, atlas) => {
  await using folder = await openFolder();
  await using temp = await openFolder();
  const output = join(folder.path, "bench.md");
  const args = ["--scenarios", "distance", "--distances", "50", "--output", output];
  const child = startBench(args, { atlas, denort, temp: temp.path });
  let told = "";
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    told += part;
    // With all its children there: the server, the proxy, and who is measured.
    if (told.includes("round 1 of 1, atlas") && !told.includes("Stopped")) child.kill("SIGINT");
  }
  assert.equal((await child.status).code, 130, told);
  assert.match(told, /Stopped; nothing is left behind/);
  await child.stdout.cancel();
  assert.deepEqual(Array.from(Deno.readDirSync(temp.path)), []);
  assert.deepEqual(Array.from(Deno.readDirSync(folder.path)), []);
});

Deno.test("parseOptions() takes what it knows, and says what it does not", () => {
  const options = parseOptions(["--scenarios", "nothing,fresh", "--distances", "0,50"]);
  assert.deepEqual(options?.scenarios, ["nothing", "fresh"]);
  assert.deepEqual(options?.distances, [0, 50]);
  assert.equal(options?.rounds, 3);
  assert.equal(options?.command, "deno task bench --scenarios nothing,fresh --distances 0,50");
  for (
    const wrong of [
      ["--scenarios", "fast"],
      ["--rounds", "0"],
      ["--distances", "5ms"],
      ["--tools", "flyway"],
      ["--nothing"],
      ["now"],
    ]
  ) {
    assert.throws(
      () => parseOptions(wrong),
      (error) => error instanceof MigrateError && error.code === "usage",
    );
  }
});

Deno.test("summarise() knows the middle and the ends", () => {
  assert.deepEqual(summarise([30, 10, 20]), { median: 20, min: 10, max: 30 });
  assert.deepEqual(summarise([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
  assert.equal(summarise([]), undefined);
  assert.equal(spread({ median: 444, min: 410, max: 1200 }), "0.44 s (0.41–1.20)");
  assert.equal(spread({ median: 17, min: 16, max: 23 }), "17 ms (16–23)");
  assert.equal(duration(27_840), "27.8 s");
});

Deno.test("slower() says where others are faster, and raceTable() by how much", () => {
  const race = { title: "some", files: 1, roundTripMs: 0, applied: false, rounds: 1 };
  const result = (own: number) => ({
    race,
    roundTripMs: 0.1,
    times: new Map([["migrate", [own]], ["goose", [100]], ["atlas", [1000]], ["floor", [10]]]),
  });
  const names = { own: "migrate", peers: ["atlas", "goose"], floor: "floor" };
  assert.deepEqual(slower([result(50)], names), []);
  assert.deepEqual(slower([result(150)], names), ["Slower, some: 150 ms, goose 100 ms."]);
  const table = raceTable([result(50)], names);
  assert.equal(table.rows[0]?.at(-1), "0.50 of goose");
  assert.match(markdownTable(table), /^\| {6}\| migrate \| atlas {2}\|/);
});
