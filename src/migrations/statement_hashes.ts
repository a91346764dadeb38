import { createHash } from "node:crypto";

/**
 * The hash after each statement, over all texts up to it, as `partial_hashes` holds them
 * (Atlas' `sql/migrate`, `Executor.Execute`).
 */
export function statementHashes(texts: readonly string[]): readonly string[] {
  const running = createHash("sha256");
  return texts.map((text) => {
    running.update(text, "utf8");
    return `h1:${running.copy().digest("base64")}`;
  });
}
