import { type Statement, Traits } from "../../src/migrations/mod.ts";
import { piecesOf } from "./pieces.ts";

/** Whether a file with this text and these statements may be sent ahead, however it is read. */
export function isPipelinable(text: string, statements: readonly Statement[]): boolean {
  const answers = [1, 7, 1_000].map((size) => {
    const traits = new Traits();
    for (const _ of traits.noting(() => piecesOf(text, size))());
    for (const _ of traits.notingEach(statements));
    return traits.pipelinable;
  });
  const [first] = answers;
  if (answers.some((answer) => answer !== first)) throw new Error(`depends on the pieces: ${text}`);
  return first ?? false;
}
