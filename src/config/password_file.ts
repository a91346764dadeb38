import { MigrateError } from "../errors.ts";
import { readTextFile } from "./text_file.ts";

/**
 * Reads a password from a file: its text without the line end at the end.
 *
 * @throws {MigrateError} `config_unreadable` when it cannot be read or is empty.
 */
export async function readPasswordFile(
  path: string,
): Promise<{ readonly password: string; readonly warnings: readonly string[] }> {
  const file = await readTextFile(path);
  if ("fault" in file) {
    throw unreadable(path, {
      state: file.fault,
      hint: file.remedy ?? "Name a text file that this user may read",
      cause: file.cause,
    });
  }
  const password = file.text.replace(/\r?\n$/, "");
  if (password === "") {
    throw unreadable(path, {
      state: "is empty",
      hint: "Write the password into it, or use database.password",
    });
  }
  return {
    password,
    warnings: [
      ...(file.open === undefined
        ? []
        : [`"${path}" can be read by every user: ${file.open.remedy}`]),
      ...(password.includes("\n")
        ? [`"${path}" has several lines, and all of them are the password`]
        : []),
    ],
  };
}

function unreadable(
  path: string,
  fault: { readonly state: string; readonly hint: string; readonly cause?: unknown },
): MigrateError {
  return new MigrateError(
    "config_unreadable",
    `Cannot read database.password_file: "${path}" ${fault.state}`,
    { hint: fault.hint, cause: fault.cause },
  );
}
