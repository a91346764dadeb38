import { MigrateError } from "../errors.ts";
import type { ConfigPipe } from "./pipe.ts";
import { type InstanceOptions, PipeInstance, WindowsError } from "./pipe_instance_windows.ts";
import { openWindowsApi, wide, WIN, type WindowsApi } from "./windows_api.ts";
import { descendsFrom } from "./windows_process.ts";
import { currentUserOnly, type Security } from "./windows_user.ts";

// Atlas stats its configuration, which takes an instance, and opens it again at once.
const LISTENING = 4;
const MAX_INSTANCES = 64;

/** What a test may choose. */
export interface NamedPipeOptions {
  /** The random part of the name; by default 128 random bits. */
  readonly random?: string;
}

/**
 * Opens a named pipe `\\.\pipe\hotpot-atlas-<pid>-<random>` that hands out the text to one child and
 * its descendants, as often as they ask. The text lives in memory alone; other users of this
 * machine and other machines are not admitted.
 *
 * @throws {MigrateError} `config_pipe` when the name is taken or the system refuses.
 */
export function openNamedPipe(text: string, options: NamedPipeOptions = {}): Promise<ConfigPipe> {
  const name = `hotpot-atlas-${Deno.pid}-${options.random ?? randomHex()}`;
  try {
    return Promise.resolve(new NamedPipe(name, text));
  } catch (cause) {
    return Promise.reject(refused(name, cause));
  }
}

class NamedPipe implements ConfigPipe {
  readonly url: string;
  readonly usesStdin = false;
  readonly #api: WindowsApi;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #security: Security;
  readonly #stop = new AbortController();
  readonly #instances = new Set<PipeInstance>();
  readonly #lanes = new Set<Promise<void>>();
  readonly #options: InstanceOptions;
  #served = 0;
  #strangers = 0;
  #fault: unknown;

  constructor(name: string, text: string) {
    // Atlas reads a path; with forward slashes it is a valid URL too.
    this.url = `file:////./pipe/${name}`;
    this.#bytes = Uint8Array.from(new TextEncoder().encode(text));
    this.#api = openWindowsApi();
    this.#security = currentUserOnly(this.#api);
    this.#options = {
      api: this.#api,
      name: wide(`\\\\.\\pipe\\${name}`),
      attributes: this.#security.attributes,
      stop: this.#stop.signal,
      maxInstances: MAX_INSTANCES,
    };
    try {
      for (let index = 0; index < LISTENING; index++) {
        this.#instances.add(new PipeInstance(this.#options, index === 0));
      }
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Serves until the child has ended; it may read any number of times. */
  async serve(child: Pick<Deno.ChildProcess, "pid" | "status">): Promise<void> {
    for (const instance of this.#instances) this.#open(instance, child.pid);
    const { success } = await child.status;
    await this[Symbol.asyncDispose]();
    // A child that got its text, or did without, tells by itself how it fared.
    if (success || this.#served > 0) return;
    if (this.#fault !== undefined) throw broken(this.#fault);
    if (this.#strangers > 0) throw onlyStrangers(this.#strangers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await Promise.all(this.#lanes);
    this.#release();
  }

  #open(instance: PipeInstance, pid: number): void {
    const lane = this.#attend(instance, pid)
      .catch((error: unknown) => {
        this.#fault ??= error;
      })
      .finally(() => {
        instance.close();
        this.#instances.delete(instance);
        this.#lanes.delete(lane);
      });
    this.#lanes.add(lane);
  }

  /** Takes one client, once another instance listens in its place. */
  async #attend(instance: PipeInstance, pid: number): Promise<void> {
    const client = await instance.client();
    if (this.#stop.signal.aborted) return;
    this.#replace(pid);
    if (client === undefined) return;
    if (!descendsFrom(this.#api, client, pid)) {
      this.#strangers++;
      instance.disconnect();
      return;
    }
    if (await instance.send(this.#bytes)) this.#served++;
  }

  #replace(pid: number): void {
    if (this.#instances.size >= MAX_INSTANCES) return;
    const next = new PipeInstance(this.#options, false);
    this.#instances.add(next);
    this.#open(next, pid);
  }

  #release(): void {
    for (const instance of this.#instances) instance.close();
    this.#instances.clear();
    this.#security[Symbol.dispose]();
    this.#api[Symbol.dispose]();
  }
}

function randomHex(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

function refused(name: string, cause: unknown): MigrateError {
  const taken = cause instanceof WindowsError && cause.number === WIN.accessDenied;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MigrateError(
    "config_pipe",
    `Cannot open the config pipe: ${taken ? `the name "\\\\.\\pipe\\${name}" is taken` : reason}`,
    {
      hint: taken
        ? "Run the command again: every run takes a new name. If it goes on, another program takes them: look for it"
        : "Run the command again, or use --engine embedded, which needs no pipe",
      cause,
    },
  );
}

function broken(cause: unknown): MigrateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MigrateError("config_pipe", `Cannot serve the config pipe: ${reason}`, {
    hint: "Run the command again, or use --engine embedded, which needs no pipe",
    cause,
  });
}

function onlyStrangers(count: number): MigrateError {
  return new MigrateError(
    "config_pipe",
    `Cannot serve the config pipe: Atlas did not open it, but ${
      count === 1 ? "a process" : `processes (${count})`
    } that it did not start did`,
    { hint: "Put atlas.exe itself on the PATH, not a launcher that ends before it" },
  );
}
