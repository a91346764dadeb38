import crypto from "node:crypto";

/** Hashes the statements of a file one after the other. */
export class StatementHasher {
  readonly #running = crypto.createHash("sha256");

  /**
   * The hash after the next statement, over all texts up to it, as `partial_hashes` holds them
   * (Atlas' `sql/migrate`, `Executor.Execute`).
   */
  hash(text: string): string {
    this.#running.update(text, "utf8");
    return `h1:${this.#running.copy().digest("base64")}`;
  }
}

/** The hash after each of these statements. */
export function statementHashes(texts: Iterable<string>): readonly string[] {
  const hasher = new StatementHasher();
  return Array.from(texts, (text) => hasher.hash(text));
}
