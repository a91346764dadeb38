import type postgres from "postgres";
import { ended, type ProgramRun } from "./program.ts";
import { dumpsIn } from "./core_dumps.ts";
import { Observer } from "./observer.ts";

/** Finds planted secrets in a text. */
export type Search = (text: string) => readonly string[];

/** A search for texts, and for what looks as nothing but a secret can. */
export function searchFor(planted: readonly string[], patterns: readonly RegExp[] = []): Search {
  return (text) => [
    ...planted.filter((secret) => text.includes(secret)),
    ...patterns.flatMap((pattern) => pattern.exec(text) ?? []),
  ];
}

/** A run of a program that was watched from all sides. */
export interface WatchedRun extends ProgramRun {
  /** Where a secret was seen, one line for each place and secret. */
  readonly leaks: readonly string[];
  /** What the server said of its sessions meanwhile. */
  readonly activity: readonly string[];
}

/**
 * Watches a program to its end: what it prints, its arguments and environment and those of all that
 * it starts, the files in its folder, its core dumps, and the server's view of its sessions.
 */
export async function watchRun(
  child: Deno.ChildProcess,
  options: {
    readonly search: Search;
    /** Where it may leave files, and its current folder. */
    readonly folder: string;
    readonly given: Readonly<Record<string, string>>;
    readonly sql: postgres.Sql;
    /** Called with what the server says of its sessions, over and over. */
    readonly onActivity?: (rows: readonly string[]) => Promise<void> | void;
  },
): Promise<WatchedRun> {
  const { folder, given, onActivity, search, sql } = options;
  const activity = new Set<string>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      const rows = (await sql.unsafe("select a::text as row from pg_stat_activity a"))
        .map(({ row }) => String(row));
      for (const row of rows) activity.add(row);
      await onActivity?.(rows);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  const observer = new Observer({ pid: child.pid, folder, given });
  const run = await ended(child);
  over = true;
  await watching;
  await observer[Symbol.asyncDispose]();
  const at = (place: string, text: string) => search(text).map((found) => `${place}: ${found}`);
  return {
    ...run,
    activity: [...activity],
    leaks: [
      ...at("standard output", run.out),
      ...at("standard error", run.err),
      ...[...observer.seen].flatMap(([text, place]) => at(place, text)),
      ...[...activity].flatMap((text) => at("pg_stat_activity", text)),
      ...(await dumpsIn(folder)).map((name) => `core dump: ${name}`),
    ],
  };
}
