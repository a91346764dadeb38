import { MigrateError } from "../../errors.ts";
import { readTextFile } from "../text_file.ts";

/**
 * Reads a secret from a file, without the white space around it. A file that every user may read is
 * refused; one that is `foreign`, written by somebody who is not told how, only where Kubernetes did
 * not put it. With `optional` one that does not exist is nothing.
 *
 * @throws {MigrateError} `config_unreadable`, `secret_file_open`.
 */
export async function readSecretFile<Optional extends boolean = false>(
  name: string,
  options: {
    readonly path: string;
    readonly foreign?: true;
    readonly optional?: Optional;
  },
): Promise<string | (Optional extends false ? never : undefined)> {
  const { foreign, path } = options;
  const file = await readTextFile(path);
  if ("fault" in file) {
    if (options.optional && file.missing) {
      return undefined as Optional extends false ? never : undefined;
    }
    const { cause, fault, remedy } = file;
    throw unreadable(name, { state: `"${path}" ${fault}`, hint: remedy, cause });
  }
  const { open } = file;
  if (open !== undefined && !(foreign && open.byKubernetes)) {
    throw new MigrateError(
      "secret_file_open",
      `Cannot use ${name}: "${path}" can be read by every user`,
      { hint: open.byKubernetes ? `In Kubernetes, ${open.remedy}` : `Run: ${open.remedy}` },
    );
  }
  const text = file.text.trim();
  if (text === "") throw unreadable(name, { state: `"${path}" is empty` });
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw unreadable(name, { state: `"${path}" holds more than a token` });
  }
  return text;
}

function unreadable(
  name: string,
  { cause, hint, state }: {
    readonly state: string;
    readonly hint?: string | undefined;
    readonly cause?: unknown;
  },
): MigrateError {
  return new MigrateError("config_unreadable", `Cannot read ${name}: ${state}`, {
    hint: hint ?? "Check that the file exists, holds one line, and that this user may read it",
    cause,
  });
}
