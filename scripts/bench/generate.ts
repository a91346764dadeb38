import { join } from "node:path";
import { MigrateError } from "../../src/errors.ts";
import { spend } from "./child.ts";
import type { RaceOptions } from "./race.ts";
import type { Table } from "./report.ts";
import { duration, summarise } from "./statistics.ts";

/** What a run of `genmigrate` is measured with. */
export interface GenerateOptions extends Pick<RaceOptions, "signal" | "site" | "tell"> {
  /** The compiled program. */
  readonly genmigrate: readonly string[];
  readonly atlas: string;
  readonly rounds: number;
}

/**
 * Has `genmigrate` compare the declared schema of this repository with its migrations, with an
 * `atlas` on its PATH that notes how long each call took, and tells what is left for itself.
 *
 * @throws {MigrateError} as `spend`; `not_supported` where there is no shell for that `atlas`.
 */
export async function measureGenerate(options: GenerateOptions): Promise<Table> {
  const { genmigrate, rounds, signal, site, tell } = options;
  if (Deno.build.os === "windows") {
    throw new MigrateError("not_supported", "Cannot measure genmigrate on Windows", {
      hint: "Leave generate out of --scenarios",
    });
  }
  const folder = join(site.folder, "generate");
  const notes = join(folder, "notes");
  await Deno.mkdir(join(folder, "bin"), { recursive: true });
  await Deno.mkdir(join(folder, "temp"));
  await Deno.writeTextFile(join(folder, "bin", "atlas"), noting(options.atlas, notes), {
    mode: 0o755,
  });
  const address = await site.createDatabase("_dev");
  const config = join(folder, "config.yaml");
  const { dbname, host, port, user } = address;
  await Deno.writeTextFile(
    config,
    `database:\n  host: ${host}\n  port: ${port}\n  user: ${user}\n  dbname: ${dbname}\n  sslmode: disable\n`,
  );
  const runs: { own: number; atlas: number; calls: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    tell(`genmigrate: round ${round + 1} of ${rounds}`);
    await Deno.writeTextFile(notes, "");
    const { ms } = await spend(
      [...genmigrate, "-c", config, "--schema", "deploy/schema", "--out", "deploy/migrations", "x"],
      {
        signal,
        env: {
          PATH: `${join(folder, "bin")}:${Deno.env.get("PATH") ?? ""}`,
          // Deno lets nobody write above a program that it may run.
          TMPDIR: join(folder, "temp"),
        },
      },
    );
    const calls = (await Deno.readTextFile(notes)).trim().split("\n").map(Number);
    const atlas = calls.reduce((sum, nanoseconds) => sum + nanoseconds / 1e6, 0);
    runs.push({ own: ms - atlas, atlas, calls: calls.length });
  }
  const median = (pick: (run: typeof runs[number]) => number) =>
    summarise(runs.map(pick))?.median ?? 0;
  const own = median((run) => run.own);
  const atlas = median((run) => run.atlas);
  return {
    head: ["genmigrate, nothing to write", "calls of Atlas", "their time", "the rest", "share"],
    rows: [[
      "deploy/schema",
      String(median((run) => run.calls)),
      duration(atlas),
      duration(own),
      `${(own / atlas * 100).toFixed(0)} %`,
    ]],
  };
}

/** An `atlas` that notes the nanoseconds of each call. */
function noting(atlas: string, notes: string): string {
  return `#!/bin/sh
begin=$(date +%s%N)
'${atlas}' "$@"
code=$?
echo $(($(date +%s%N) - begin)) >>'${notes}'
exit $code
`;
}
