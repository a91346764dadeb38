import { MigrateError } from "../errors.ts";

/**
 * Reads a password from a file: its text without the line end at the end.
 *
 * @throws {MigrateError} `config_unreadable` when it cannot be read or is empty.
 */
export async function readPasswordFile(
  path: string,
): Promise<{ readonly password: string; readonly warnings: readonly string[] }> {
  let text: string;
  let mode: number | null;
  try {
    text = await Deno.readTextFile(path);
    mode = (await Deno.stat(path)).mode;
  } catch (cause) {
    throw new MigrateError(
      "config_unreadable",
      `Cannot read database.password_file: "${path}" is not readable`,
      { hint: "Check that the file exists and that this user may read it", cause },
    );
  }
  const password = text.replace(/\r?\n$/, "");
  if (password === "") {
    throw new MigrateError(
      "config_unreadable",
      `Cannot read database.password_file: "${path}" is empty`,
      {
        hint: "Write the password into it, or use database.password",
      },
    );
  }
  const open = mode !== null && (mode & 0o004) !== 0;
  return {
    password,
    warnings: open ? [`"${path}" can be read by every user: chmod 600 ${path}`] : [],
  };
}
