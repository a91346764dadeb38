/** A way to hand a text to a child process that leaves nothing on disk. */
export interface ConfigPipe extends AsyncDisposable {
  /** Where the child finds the text, for `--config`. */
  readonly url: string;
  /** Whether the text goes through the child's standard input. */
  readonly usesStdin: boolean;
  /**
   * Hands the text to the child. Returns when the child has read it or has ended without.
   *
   * @throws {MigrateError} `config_pipe` when the pipe itself fails.
   */
  serve(child: Deno.ChildProcess): Promise<void>;
}

/**
 * Opens the pipe that this system offers: standard input on Unix, a named pipe on Windows, where
 * there is no file name for standard input.
 *
 * @throws {MigrateError} `config_pipe` when it cannot be created.
 */
export async function openPipe(text: string): Promise<ConfigPipe> {
  if (Deno.build.os !== "windows") return stdinPipe(text);
  const { openNamedPipe } = await import("./named_pipe_windows.ts");
  return await openNamedPipe(text);
}

function stdinPipe(text: string): ConfigPipe {
  return {
    url: "file:///dev/stdin",
    usesStdin: true,
    async serve(child) {
      const writer = child.stdin.getWriter();
      try {
        await writer.write(new TextEncoder().encode(text));
        await writer.close();
      } catch {
        // The child ended before it had read everything; its exit code and output tell why.
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
