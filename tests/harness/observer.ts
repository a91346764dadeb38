import { join } from "node:path";

/** What is watched. */
export interface Observed {
  /** A process, with all that it starts. */
  readonly pid: number;
  /** The files below here. */
  readonly folder: string;
  /** What the caller put into the environment of the process, and may be seen there. */
  readonly given: Readonly<Record<string, string>>;
}

/** Everything that others can see of a running program, collected over and over until disposed of. */
export class Observer implements AsyncDisposable {
  /** Each content, with the place where it was seen first. */
  readonly seen = new Map<string, string>();
  #over = false;
  readonly #loop: Promise<void>;

  constructor(observed: Observed) {
    this.#loop = this.#watch(observed);
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

  async #watch({ folder, given, pid }: Observed): Promise<void> {
    const known = new Set(Object.entries(given).map(([name, value]) => `${name}=${value}`));
    while (!this.#over) {
      const own = await this.#note(`/proc/${pid}/cmdline`);
      await this.#note(`/proc/${pid}/environ`, known);
      for (const child of await descendants(pid)) {
        if (child === pid) continue;
        const line = await this.#note(`/proc/${child}/cmdline`);
        // For a moment, until it becomes another program, a child is a copy of its parent.
        await this.#note(`/proc/${child}/environ`, line === own ? known : undefined);
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

  /** Notes what stands at a path, without what is expected there, and returns it. */
  async #note(path: string, except: ReadonlySet<string> = new Set()): Promise<string | undefined> {
    try {
      const text = new TextDecoder().decode(await Deno.readFile(path));
      const rest = except.size === 0
        ? text
        : text.split("\0").filter((entry) => !except.has(entry)).join("\0");
      this.seen.set(rest, path);
      return text;
    } catch {
      // It is gone already.
      return undefined;
    }
  }
}

/** A process and all that it has started, as far as they still run. */
export async function descendants(pid: number): Promise<readonly number[]> {
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
