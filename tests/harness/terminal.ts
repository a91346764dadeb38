import { tools } from "./tools.ts";

/** A program on a terminal of its own, with a person in front of it. */
export interface TerminalRun {
  /** Everything that has been shown. */
  readonly screen: string;
  /** Waits until a text is shown. */
  until(shown: RegExp): Promise<void>;
  /** Types; Ctrl-C is `\x03`, Ctrl-D `\x04`, Enter `\r`. */
  type(keys: string): Promise<void>;
  /** The exit code, once the program is over. */
  readonly code: Promise<number>;
}

/** Starts a program on a terminal; with `out` its standard output goes into that file instead. */
export function startOnTerminal(
  command: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly out?: string;
  } = {},
): TerminalRun {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const line = options.out === undefined ? `exec ${words}` : `exec ${words} >'${options.out}'`;
  const child = new Deno.Command(tools.script ?? "", {
    args: ["-qefc", line, "/dev/null"],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", SHELL: "/bin/sh", TERM: "dumb", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  let screen = "";
  let changed = Promise.withResolvers<void>();
  const over = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      screen += text;
      changed.resolve();
      changed = Promise.withResolvers();
    }
    const { code } = await child.status;
    await keyboard.close().catch(() => {});
    changed.resolve();
    return code;
  })();
  let ended = false;
  over.then(() => ended = true);
  return {
    get screen() {
      return screen;
    },
    async until(shown) {
      while (!shown.test(screen)) {
        if (ended) throw new Error(`it ended without showing ${shown}:\n${screen}`);
        await changed.promise;
      }
    },
    type: (keys) => keyboard.write(new TextEncoder().encode(keys)),
    code: over,
  };
}
