import crypto, { type Hash } from "node:crypto";
import { MigrateError } from "../errors.ts";
import { type Directives, isSumIgnored } from "./directives.ts";
import { withLineEnds } from "./line_ends.ts";
import { compareBytes } from "./name.ts";

/** A file of a directory of migrations. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  /** The bytes of the text, in pieces of which each is used before the next; where they are at hand. */
  pieces?(): Iterable<Uint8Array>;
  /** The text in pieces, none of which ends in the midst of a character; where it is not held whole. */
  texts?(): Iterable<string>;
  /** Whether it is left out of the sums, where that is to be had without the rest. */
  readonly sumIgnored?: boolean;
  /** What the head says, where that is to be had without the rest. */
  readonly directives?: Directives;
}

/** The content of an `atlas.sum`. */
export interface Sums {
  /** The hash over all entries, without `h1:`. */
  readonly total: string;
  /** The hash of each file with all before it, without `h1:`, in the order of the names. */
  readonly entries: readonly { readonly name: string; readonly hash: string }[];
}

/**
 * Computes the sums of a directory: one running SHA-256 over names and contents
 * (Atlas' `sql/migrate`, `NewHashFile`).
 */
export function computeSums(files: readonly SourceFile[]): Sums {
  const running = crypto.createHash("sha256");
  const entries: { name: string; hash: string }[] = [];
  for (const file of files.toSorted((a, b) => compareBytes(a.name, b.name))) {
    const { name } = file;
    running.update(name, "utf8");
    if (file.sumIgnored ?? isSumIgnored(file.text)) continue;
    hashContent(running, file);
    entries.push({ name, hash: running.copy().digest("base64") });
  }
  return { total: totalOf(entries), entries };
}

/** Adds what a file holds to a running hash. */
export function hashContent(running: Hash, file: SourceFile): void {
  if (file.pieces !== undefined) { for (const piece of file.pieces()) running.update(piece); }
  else for (const text of file.texts?.() ?? [file.text]) running.update(text, "utf8");
}

/** The text of an `atlas.sum`. */
export function formatSums(sums: Sums): string {
  const lines = sums.entries.map(({ name, hash }) => `${name} h1:${hash}\n`);
  return `h1:${sums.total}\n${lines.join("")}`;
}

/**
 * Checks the files of a directory against the text of its `atlas.sum`. `path` names the directory.
 *
 * @throws {MigrateError} `sum_missing` when there are files and no sums, `sum_format` when the text
 * is no `atlas.sum` (an unresolved merge, for one), `sum_mismatch` with the first file that differs
 * and how, and whether by line endings only.
 */
export function verifySums(
  files: readonly SourceFile[],
  options: { readonly text: string | undefined; readonly path: string },
): Sums {
  const { text, path } = options;
  const computed = computeSums(files);
  if (text === undefined) {
    if (files.length === 0) return computed;
    throw new MigrateError("sum_missing", `Cannot trust "${path}": it has no atlas.sum`, {
      hint: "Restore atlas.sum from version control, or write it: genmigrate hash",
    });
  }
  const recorded = parseSums(text, path);
  if (recorded.total === computed.total) return computed;
  throw mismatch(files, { recorded, computed, path });
}

/**
 * The sums that an `atlas.sum` states, if they are those of just these files, by their names; what
 * is in the files is not looked at. A text that is `sealed` cannot have been edited, and is not
 * compared with its first line.
 *
 * @throws {MigrateError} `sum_format`, `sum_mismatch` where the text contradicts itself.
 */
export function trustSums(
  files: readonly SourceFile[],
  options: {
    readonly text: string | undefined;
    readonly path: string;
    readonly sealed?: boolean;
  },
): Sums | undefined {
  const { text, path, sealed = false } = options;
  if (text === undefined) return undefined;
  const recorded = sealed ? readSums(text, path) : parseSums(text, path);
  const names = files.map(({ name }) => name).sort(compareBytes);
  const same = names.length === recorded.entries.length &&
    recorded.entries.every(({ name }, i) => name === names[i]);
  return same ? recorded : undefined;
}

function parseSums(text: string, path: string): Sums {
  const sums = readSums(text, path);
  if (totalOf(sums.entries) !== sums.total) {
    throw new MigrateError(
      "sum_mismatch",
      `Cannot trust "${path}/atlas.sum": its first line does not belong to the lines below it`,
      {
        hint:
          "Somebody edited or merged it by hand: restore it from version control, or write it anew: genmigrate hash",
        data: { file: `${path}/atlas.sum`, line: 1 },
      },
    );
  }
  return sums;
}

function readSums(text: string, path: string): Sums {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  const wrong = lines.findIndex((line) => !line.includes("h1:"));
  if (wrong >= 0 || lines.length === 0) throw unreadable(path, Math.max(1, wrong + 1));
  const entries = lines.slice(1).map((line) => {
    const at = line.indexOf("h1:");
    return { name: line.slice(0, at).trim(), hash: line.slice(at + 3) };
  });
  return { total: (lines[0] ?? "").replace(/^h1:/, ""), entries };
}

function unreadable(path: string, line: number): MigrateError {
  const file = `${path}/atlas.sum`;
  return new MigrateError("sum_format", `Cannot read "${file}": line ${line} has no hash`, {
    details: [`${file}:${line}`],
    hint: "Resolve the merge conflict, if there is one, then write the file anew: genmigrate hash",
    data: { file, line },
  });
}

function totalOf(entries: Sums["entries"]): string {
  const text = entries.map(({ hash, name }) => name + hash).join("");
  return crypto.createHash("sha256").update(text, "utf8").digest("base64");
}

function mismatch(
  files: readonly SourceFile[],
  options: { readonly recorded: Sums; readonly computed: Sums; readonly path: string },
): MigrateError {
  const { recorded, computed, path } = options;
  const { name, change, line } = firstDifference(recorded, computed);
  const onlyLineEnds = change === "edited" && differsByLineEndsOnly(files, recorded);
  return new MigrateError(
    "sum_mismatch",
    `Cannot trust "${path}": "${name}" was ${change}${
      onlyLineEnds ? " (by its line endings only)" : ""
    } since atlas.sum was written`,
    {
      details: [`${path}/${name}`, `${path}/atlas.sum:${line}`],
      hint: onlyLineEnds
        ? "Check the file out with LF line endings: put `*.sql text eol=lf` into .gitattributes and run git add --renormalize ."
        : "Restore the file from version control, or, if the change is meant and no database has the file yet, run: genmigrate hash",
      data: { file: `${path}/${name}`, change, line, onlyLineEnds },
    },
  );
}

/** Where two sums part, in Atlas' terms (Atlas' `sql/migrate`, `Validate`). */
function firstDifference(
  recorded: Sums,
  computed: Sums,
): {
  readonly name: string;
  readonly change: "added" | "edited" | "removed";
  readonly line: number;
} {
  const names = computed.entries.map((entry) => entry.name);
  for (const [index, entry] of recorded.entries.entries()) {
    const other = computed.entries[index];
    if (other?.name === entry.name && other.hash === entry.hash) continue;
    const line = index + 2;
    if (!names.includes(entry.name)) return { name: entry.name, change: "removed", line };
    if (other?.name === entry.name) return { name: entry.name, change: "edited", line };
    return { name: other?.name ?? entry.name, change: "added", line };
  }
  const line = recorded.entries.length + 2;
  return { name: names[recorded.entries.length] ?? "", change: "added", line };
}

function differsByLineEndsOnly(files: readonly SourceFile[], recorded: Sums): boolean {
  return (["\n", "\r\n"] as const).some((end) =>
    computeSums(files.map((file) => withLineEnds(file, end))).total === recorded.total
  );
}
