import crypto from "node:crypto";
import { hashContent, type SourceFile } from "./sums.ts";

/**
 * Hashes lists of files as `computeSums` does, and goes on from where a list parts from the one
 * before: a thousand lists that grow by one file each cost no more than the last of them.
 */
export class SumChain {
  #links: readonly Link[] = [];

  /** The hash of the last file with all before it; nothing without files. */
  hashOf(files: readonly SourceFile[]): string | undefined {
    const kept = this.#links.slice(0, commonLength(this.#links, files));
    const added: Link[] = [];
    let state = kept.at(-1)?.state ?? crypto.createHash("sha256");
    for (const file of files.slice(kept.length)) {
      state = state.copy().update(file.name, "utf8");
      hashContent(state, file);
      added.push({ file, state });
    }
    this.#links = [...kept, ...added];
    return this.#links.at(-1)?.state.copy().digest("base64");
  }
}

interface Link {
  readonly file: SourceFile;
  readonly state: ReturnType<typeof crypto.createHash>;
}

function commonLength(links: readonly Link[], files: readonly SourceFile[]): number {
  let length = 0;
  while (length < links.length && links[length]?.file === files[length]) length++;
  return length;
}
