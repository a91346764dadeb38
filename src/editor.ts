import { basename } from "node:path";
import { MigrateError } from "./errors.ts";

/** The editors that may be started: a program has the right to run what it names, and no more. */
export const EDITORS: readonly string[] = [
  ...["vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "hx", "helix", "kak", "ed"],
  ...["code", "codium", "cursor", "zed", "subl", "mate", "gedit", "kate", "notepad", "notepad++"],
];

const SECRETS = [
  "VAULT_TOKEN",
  "VAULT_SECRET_ID",
  "VAULT_JWT",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
] as const;

/**
 * Opens a file in the editor of `VISUAL` or `EDITOR`, which may have arguments, and waits for its end.
 *
 * @throws {MigrateError} `editor_failed` when it is missing, not one that may be run, or fails.
 */
export async function editFile(
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const command = env["VISUAL"] || env["EDITOR"] || "";
  const [program = "", ...args] = command.split(" ").filter((word) => word !== "");
  if (program === "") {
    throw new MigrateError("editor_failed", "Cannot open an editor: none is set", {
      hint: "Set EDITOR, as EDITOR=vim, or leave --edit away and edit the file afterwards",
    });
  }
  const refusal = (state: string, cause?: unknown) =>
    new MigrateError("editor_failed", `Cannot open the editor "${command}": ${state}`, {
      hint: "Leave --edit away, edit the new file with any editor, then run: genmigrate hash",
      cause,
    });
  if (!EDITORS.includes(basename(program).replace(/\.exe$/, ""))) {
    throw refusal("it is not one that this program may run");
  }
  let code: number;
  try {
    const child = new Deno.Command(basename(program), {
      args: [...args, path],
      env: withoutSecrets(env),
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    ({ code } = await child.status);
  } catch (cause) {
    throw refusal("it cannot be started", cause);
  }
  if (code !== 0) throw refusal(`it ended with ${code}`);
}

/** What an editor is not told: it gets the rest of our environment, as terminals and desktops need it. */
export function withoutSecrets(
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SECRETS.filter((name) => (env[name] ?? "") !== "").map((name) => [name, ""]),
  );
}
