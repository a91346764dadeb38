import { MigrateError } from "./errors.ts";

/** The last number: with a fifth digit, `10000` would sort before `9999`. */
const LAST = 9999;

/**
 * The number of a new migration: one more than the highest of all layers. Gaps stay.
 *
 * @throws {MigrateError} `sequence_full` after 9999.
 */
export function nextVersion(taken: readonly string[]): string {
  const next = Math.max(0, ...taken.map(Number)) + 1;
  if (next > LAST) {
    throw new MigrateError(
      "sequence_full",
      `Cannot number a new migration: ${LAST} is taken, and ${next} would sort before it`,
      {
        hint:
          "Begin a new history: put the whole schema into a file 0001, and take existing databases over with migrate --baseline 0001",
      },
    );
  }
  return String(next).padStart(4, "0");
}

/** One migration of one layer, by its names. */
export interface NumberedFile {
  readonly layer: string;
  readonly file: string;
}

/** A new name for a file of a layer. */
export interface Rename {
  readonly layer: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Decides new numbers for the files of a branch, so that they come after those of its base. When
 * they do already, and no two share a number, nothing is renamed; otherwise all are, in their order.
 * A name without a number is left as it is, so that its refusal names what stands there.
 *
 * @throws {MigrateError} `sequence_full`.
 */
export function planRenumber(
  own: readonly NumberedFile[],
  base: readonly NumberedFile[],
): readonly Rename[] {
  const numbered = own.filter(isNumbered);
  const taken = base.filter(isNumbered).map(({ file }) => versionOf(file));
  const newest = Math.max(0, ...taken.map(Number));
  const versions = numbered.map(({ file }) => versionOf(file));
  const fine = versions.every((version) => Number(version) > newest) &&
    new Set(versions).size === versions.length;
  if (fine) return [];
  const order = numbered.toSorted((a, b) => Number(versionOf(a.file)) - Number(versionOf(b.file)));
  const renames: Rename[] = [];
  for (const { file, layer } of order) {
    const version = nextVersion(taken);
    taken.push(version);
    const to = `${version}${file.slice(file.indexOf("_"))}`;
    if (to !== file) renames.push({ layer, from: file, to });
  }
  return renames;
}

function isNumbered({ file }: NumberedFile): boolean {
  return /^\d{4}_/.test(file);
}

function versionOf(file: string): string {
  return file.slice(0, file.indexOf("_"));
}
