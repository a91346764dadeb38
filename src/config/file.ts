import { dirname } from "node:path";
import { MigrateError } from "../errors.ts";
import type { Sections } from "./section.ts";
import { readYaml } from "./yaml.ts";

/** More than any configuration; a file beyond it was named by mistake. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads our sections from a YAML file.
 *
 * @throws {MigrateError} `config_missing`, `config_unreadable`, `config_syntax`.
 */
export async function readConfigFile(path: string): Promise<Sections> {
  const { mode, text } = await readText(path);
  const sections = readYaml(text, path);
  const password = sections.database?.get("password")?.text ?? "";
  // What is in Vault is not in the file.
  const holds = password !== "" && !password.startsWith("vault://");
  const open = mode !== null && (mode & 0o004) !== 0 && holds;
  return {
    ...sections,
    source: path,
    folder: dirname(path),
    warnings: open
      ? [`"${path}" holds a password and can be read by every user: chmod 600 ${path}`]
      : [],
  };
}

async function readText(path: string): Promise<{ mode: number | null; text: string }> {
  try {
    const info = await Deno.stat(path);
    if (info.isDirectory) throw unreadable(path, "is a directory");
    if (info.size > MAX_BYTES) throw unreadable(path, "is larger than 8 MiB");
    const bytes = await Deno.readFile(path);
    return { mode: info.mode, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    if (cause instanceof MigrateError) throw cause;
    if (cause instanceof Deno.errors.NotFound) {
      throw new MigrateError(
        "config_missing",
        `Cannot read the configuration: "${path}" does not exist`,
        { hint: "Create it, or name another with --config or CONFIG_FILE", cause },
      );
    }
    if (cause instanceof TypeError) throw unreadable(path, "is not UTF-8 text");
    throw unreadable(path, "is not readable", cause);
  }
}

function unreadable(path: string, state: string, cause?: unknown): MigrateError {
  return new MigrateError(
    "config_unreadable",
    `Cannot read the configuration: "${path}" ${state}`,
    {
      hint: "Name a YAML file that this user may read, with --config or CONFIG_FILE",
      cause,
    },
  );
}
