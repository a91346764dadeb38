import assert from "node:assert/strict";
import { join } from "node:path";
import { type LoadOptions, loadSettings, type Settings } from "../../src/config/mod.ts";
import { MigrateError } from "../../src/errors.ts";
import { Secrets } from "../../src/redact.ts";
import { folderOf } from "./atlas.ts";

/** What surrounds a configuration under test. */
export interface ConfigWorld {
  readonly env?: Readonly<Record<string, string>>;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a load needs besides its source, where nobody watches. */
export function unattended(): Pick<LoadOptions, "signal" | "secrets" | "onWarning" | "lastly"> {
  return {
    signal: new AbortController().signal,
    secrets: new Secrets(),
    onWarning: () => {},
    lastly: undefined,
  };
}

/** Loads settings from the text of a `config.yaml`. Its folder is gone afterwards. */
export async function settingsOf(
  text: string | Uint8Array,
  world: ConfigWorld = {},
): Promise<Settings> {
  await using folder = await folderOf(world.files ?? {});
  const path = join(folder.path, "config.yaml");
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text, {
    mode: 0o600,
  });
  return await loadSettings({
    env: { CONFIG_FILE: path, ...world.env },
    configFile: undefined,
    applicationName: "hotpot-migrate/test",
    ...unattended(),
  });
}

/** A whole configuration with some settings of `database` changed, added or (`undefined`) left out. */
export function configWith(
  changes: Readonly<Record<string, string | undefined>> = {},
  others = "",
): string {
  const settings = { host: "localhost", user: "hotpot", dbname: "hotpot", ...changes };
  const lines = Object.entries(settings).filter(([, value]) => value !== undefined).map((
    [key, value],
  ) => `  ${key}: ${value}\n`);
  return `database:\n${lines.join("")}${others}`;
}

/** The error of a configuration that must be refused with a code. */
export async function refusalOf(
  loading: Promise<unknown>,
  code: string,
): Promise<MigrateError> {
  const error = await loading.then(
    () => assert.fail(`was taken, and must be refused with ${code}`),
    (error: unknown) => error,
  );
  if (!(error instanceof MigrateError)) throw error;
  assert.equal(error.code, code, error.message);
  assert.ok(error.hint !== undefined && error.hint !== "", "has no hint");
  return error;
}

/** Everything that an error could show to anybody. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error instanceof MigrateError
    ? [error.hint ?? "", ...error.details, JSON.stringify(error.data)]
    : [];
  const texts = [error.message, error.stack ?? "", ...own, JSON.stringify(error)];
  return [...texts, error.cause === undefined ? "" : everythingIn(error.cause)].join("\n");
}
