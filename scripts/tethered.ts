/** A script in a process of its own that ends with its standard input, so that it never outlives us. */
export interface Tethered extends AsyncDisposable {
  /** What it said when it was ready; nothing if it has ended before. */
  readonly said: string | undefined;
}

/** Starts a script with a runtime, and waits until it says the one line that it has to say. */
export async function startTethered(
  deno: string,
  args: readonly string[],
): Promise<Tethered> {
  const child = new Deno.Command(deno, {
    args: ["run", "-q", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  return {
    said: value,
    async [Symbol.asyncDispose]() {
      await child.stdin.close().catch(() => {});
      await child.status;
      await reader.cancel();
    },
  };
}
