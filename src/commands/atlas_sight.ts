import { type Migration, type PlannedFile, Statements } from "../migrations/mod.ts";

/** How much of a statement must be the same to know it again: the server keeps about 1 kB of it. */
const MIN_LENGTH = 200;

/**
 * Which file a statement stands in, by its text as far as the server shows it. Nothing where no
 * file has it, or several have.
 */
export function fileWith(
  statement: string,
  files: readonly PlannedFile[],
): Migration | undefined {
  const found = files.filter(({ migration }) =>
    new Statements(migration.texts, { file: migration.path })[Symbol.iterator]().some(({ text }) =>
      text === statement || (statement.length >= MIN_LENGTH && text.startsWith(statement))
    )
  );
  return found.length === 1 ? found[0]?.migration : undefined;
}
