import { dirname } from "node:path";
import { MigrateError } from "../errors.ts";
import type { Sections } from "./section.ts";
import { readTextFile } from "./text_file.ts";
import { readYaml } from "./yaml.ts";

/**
 * Reads our sections from a YAML file.
 *
 * @throws {MigrateError} `config_missing`, `config_unreadable`, `config_syntax`.
 */
export async function readConfigFile(path: string): Promise<Sections> {
  const file = await readTextFile(path);
  if ("fault" in file) {
    throw new MigrateError(
      file.missing ? "config_missing" : "config_unreadable",
      `Cannot read the configuration: "${path}" ${file.fault}`,
      {
        hint: file.missing
          ? "Create it, or name another with --config or CONFIG_FILE"
          : file.remedy ?? "Name a YAML file that this user may read, with --config or CONFIG_FILE",
        next: [{ command: "migrate help configuration" }],
        cause: file.cause,
      },
    );
  }
  const sections = readYaml(file.text, path);
  const password = sections.database?.get("password")?.text ?? "";
  // What is in Vault is not in the file.
  const open = password === "" || password.startsWith("vault://") ? undefined : file.open;
  return {
    ...sections,
    source: path,
    folder: dirname(path),
    warnings: open === undefined
      ? []
      : [`"${path}" holds a password and can be read by every user: ${open.remedy}`],
  };
}
