import assert from "node:assert/strict";
import fc from "fast-check";
import { MigrateError } from "../../src/errors.ts";
import { Scanner } from "../../src/migrations/scanner.ts";
import { type Statement, Statements } from "../../src/migrations/mod.ts";
import { piecesOf, smallSize } from "./pieces.ts";
import { sqlText } from "./sql_text.ts";

/** What came of a text: its statements up to the fault, if there is one, and what that says. */
interface Outcome {
  readonly statements: readonly Statement[];
  readonly fault: readonly unknown[];
}

/** Fails where a text is split in a window otherwise than in one piece. */
export function assertSplitsAlike(text: string, sizes: { piece: number; window: number }): void {
  const whole = outcomeOf(new Statements(() => [text], { file: "x.sql" }));
  const windowed = new Statements(() => piecesOf(text, sizes.piece), {
    file: "x.sql",
    window: sizes.window,
  });
  assert.deepEqual(outcomeOf(windowed), whole);
  // Gone over again, after an end or a fault.
  assert.deepEqual(outcomeOf(windowed), whole);
  // The whole one is what the scanner finds that is compared with Atlas.
  const found: Statement[] = [];
  try {
    const scanner = new Scanner(text);
    for (let next = scanner.next(); next !== undefined; next = scanner.next()) found.push(next);
  } catch {
    // Judged above, by its words.
  }
  assert.deepEqual(whole.statements, found);
}

/** The rule: whatever the text, the pieces it comes in and the window, the statements are the same. */
export const splitsAlike = fc.property(
  sqlText,
  fc.record({ piece: smallSize, window: smallSize }),
  (text, sizes) => assertSplitsAlike(text, sizes),
);

function outcomeOf(source: Iterable<Statement>): Outcome {
  const statements: Statement[] = [];
  try {
    for (const statement of source) statements.push(statement);
    return { statements, fault: [] };
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    return { statements, fault: [error.code, error.message, error.details, error.data] };
  }
}
