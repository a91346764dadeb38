import { join } from "node:path";

/** Everything that others can see of a running program, collected over and over until disposed of. */
export class Observer implements AsyncDisposable {
  readonly seen = new Map<string, string>();
  #over = false;
  readonly #loop: Promise<void>;

  /** Watches a process and its children, and the files below a folder. */
  constructor(pid: number, folder: string) {
    this.#loop = this.#watch(pid, folder);
  }

  /** What was seen that holds one of the texts, as `place: text`. */
  find(texts: readonly string[]): readonly string[] {
    return [...this.seen].flatMap(([content, place]) =>
      texts.filter((text) => content.includes(text)).map((text) => `${place}: ${text}`)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#loop;
  }

  async #watch(pid: number, folder: string): Promise<void> {
    while (!this.#over) {
      for (const child of await descendants(pid)) {
        await this.#note(`/proc/${child}/cmdline`);
        // Our own environment holds what the caller put there.
        if (child !== pid) await this.#note(`/proc/${child}/environ`);
      }
      await this.#noteFiles(folder);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #noteFiles(folder: string): Promise<void> {
    try {
      for await (const entry of Deno.readDir(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory) await this.#noteFiles(path);
        else if (entry.isFile) await this.#note(path);
      }
    } catch {
      // It is gone already.
    }
  }

  async #note(path: string): Promise<void> {
    try {
      this.seen.set(new TextDecoder().decode(await Deno.readFile(path)), path);
    } catch {
      // It is gone already.
    }
  }
}

/** A process and all that it has started, as far as they still run. */
async function descendants(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const stat = await Deno.readTextFile(`/proc/${entry.name}/stat`);
      // The name in brackets may hold anything.
      parents.set(Number(entry.name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has just ended.
    }
  }
  const found = new Set([pid]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child);
  }
  return [...found];
}
