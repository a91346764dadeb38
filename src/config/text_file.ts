/** What a file held, or why that cannot be told. */
export type TextFile =
  | { readonly text: string; readonly openToAll: boolean }
  | { readonly fault: string; readonly missing: boolean; readonly cause?: unknown };

/** More than any configuration; a file beyond it was named by mistake. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a small text file, without its byte order mark. The file may also be a pipe, as a shell
 * makes one for `<(command)`, so nothing is known of its size beforehand.
 */
export async function readTextFile(path: string): Promise<TextFile> {
  try {
    const info = await Deno.stat(path);
    if (info.isDirectory) return { fault: "is a directory", missing: false };
    const bytes = await readUpTo(path, MAX_BYTES);
    if (bytes === undefined) return { fault: "is larger than 1 MiB", missing: false };
    const text = decode(bytes);
    if (text === undefined) return { fault: "is not UTF-8 text", missing: false };
    return { text, openToAll: info.isFile && info.mode !== null && (info.mode & 0o004) !== 0 };
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound;
    return { fault: missing ? "does not exist" : "is not readable", missing, cause };
  }
}

async function readUpTo(path: string, limit: number): Promise<Uint8Array | undefined> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(limit + 1);
  let length = 0;
  for (;;) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) return bytes.subarray(0, length);
    length += count;
    if (length > limit) return undefined;
  }
}

/** A NUL in a text shows that it is UTF-16. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    // The decoder has nothing to say beyond that it is not UTF-8.
    return undefined;
  }
}
