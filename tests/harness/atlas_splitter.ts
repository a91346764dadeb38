import assert from "node:assert/strict";
import { computeSums, formatSums } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "./atlas.ts";
import { startMutingProxy } from "./muting_proxy.ts";
import { createDatabase } from "./postgres.ts";

// For each file Atlas reads and hashes them all again.
const BATCH = 64;

/** The statements that a text was split into, or the words of the refusal, place included. */
export type Split = readonly string[] | string;

/** The real Atlas, asked how it splits texts. */
export interface AtlasSplitter extends AsyncDisposable {
  /**
   * Splits each text as a file of one run. Texts that Atlas may refuse are `doubtful`: each refusal
   * ends a run, so these have runs of their own.
   */
  split(
    texts: readonly string[],
    doubtful: (text: string) => boolean,
  ): Promise<ReadonlyMap<string, Split>>;
}

interface Report {
  readonly Applied?: readonly { readonly Name: string; readonly Applied?: readonly string[] }[];
  readonly Error?: string;
}

/**
 * Starts Atlas' side of a comparison. Only a run that executes splits as runs do (a dry run has other
 * rules for BEGIN … END), so the files are executed for real, `workers` runs at a time, before a
 * server that none of their statements reaches.
 */
export async function startAtlasSplitter(workers = 1): Promise<AtlasSplitter> {
  const resources = new AsyncDisposableStack();
  const runs: ((texts: readonly string[]) => Promise<Report>)[] = [];
  for (let i = 0; i < workers; i++) {
    const db = resources.use(await createDatabase());
    const proxy = resources.use(await startMutingProxy(db.database));
    const database = { ...db.database, host: proxy.host, port: proxy.port };
    runs.push(async (texts) => {
      const files = Object.fromEntries(
        texts.map((text, i) => [`${String(i).padStart(6, "0")}.sql`, text]),
      );
      const sums = computeSums(Object.entries(files).map(([name, text]) => ({ name, text })));
      await using folder = await folderOf({ ...files, "atlas.sum": formatSums(sums) });
      const { stdout, stderr } = await atlas(
        [
          ...["migrate", "apply", "--allow-dirty", "--tx-mode", "none", "--format", "{{ json . }}"],
          ...["--dir", `file://${folder.path}`],
        ],
        { database },
      );
      const panic = /^panic: .*/m.exec(stderr)?.[0];
      if (panic !== undefined) return { Error: panic };
      assert.ok(stdout.startsWith("{"), stdout + stderr);
      return JSON.parse(stdout) as Report;
    });
  }
  return {
    async split(texts, doubtful) {
      const answers = new Map<string, Split>();
      const sure = texts.filter((text) => !doubtful(text));
      const queue = texts.filter(doubtful).map((text) => [text]);
      for (let i = 0; i < sure.length; i += BATCH) queue.push(sure.slice(i, i + BATCH));
      await Promise.all(runs.map(async (run) => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          const report = await run(job);
          const applied = report.Applied ?? [];
          // The file that Atlas could not split is not among them.
          job.slice(0, applied.length).forEach((text, i) => {
            answers.set(text, applied[i]?.Applied ?? []);
          });
          if (report.Error === undefined) continue;
          const refused = job[applied.length];
          assert.ok(refused !== undefined, report.Error);
          // Of a run that broke down nothing is known.
          if (report.Error.startsWith("panic: ") && job.length > 1) {
            queue.unshift(...job.map((text) => [text]));
            continue;
          }
          const reason = /^(?:sql\/migrate: scanning statements from "[^"]*": |panic: )([^]*)/
            .exec(report.Error)?.[1];
          assert.ok(reason !== undefined, report.Error);
          answers.set(refused, reason);
          const rest = job.slice(applied.length + 1);
          if (rest.length > 0) queue.unshift(rest);
        }
      }));
      return answers;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
