import { MigrateError } from "../../errors.ts";

/**
 * Reads a secret from a file, without the white space around it. With `closed` a file that every
 * user may read is refused; with `optional` one that does not exist is nothing.
 *
 * @throws {MigrateError} `config_unreadable`, `secret_file_open`.
 */
export async function readSecretFile<Optional extends boolean = false>(
  name: string,
  options: {
    readonly path: string;
    readonly closed: boolean;
    readonly optional?: Optional;
  },
): Promise<string | (Optional extends false ? never : undefined)> {
  const { closed, path } = options;
  let text: string;
  let mode: number | null;
  try {
    mode = (await Deno.stat(path)).mode;
    text = (await Deno.readTextFile(path)).trim();
  } catch (cause) {
    if (options.optional && cause instanceof Deno.errors.NotFound) {
      return undefined as Optional extends false ? never : undefined;
    }
    throw unreadable(name, { state: `"${path}" is not readable`, cause });
  }
  if (closed && mode !== null && (mode & 0o004) !== 0) {
    throw new MigrateError(
      "secret_file_open",
      `Cannot use ${name}: "${path}" can be read by every user`,
      { hint: `Run: chmod 600 ${path}` },
    );
  }
  if (text === "") throw unreadable(name, { state: `"${path}" is empty` });
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw unreadable(name, { state: `"${path}" holds more than a token` });
  }
  return text;
}

function unreadable(
  name: string,
  { cause, state }: { readonly state: string; readonly cause?: unknown },
): MigrateError {
  return new MigrateError("config_unreadable", `Cannot read ${name}: ${state}`, {
    hint: "Check that the file exists, holds one line, and that this user may read it",
    cause,
  });
}
