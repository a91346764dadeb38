import assert from "node:assert/strict";
import { join } from "node:path";
import { SHELLS } from "../../src/cli/completion_scripts.ts";
import { folderOf } from "../harness/atlas.ts";
import { genmigrate, migrate, type ProgramRun } from "../harness/program.ts";
import { toolTest } from "../harness/tools.ts";

type Run = (args: readonly string[]) => Promise<ProgramRun>;

/** What the program offers for the last word: the words, and which paths. */
async function offered(run: Run, ...line: readonly string[]) {
  const { code, err, out } = await run(["__complete", "--", ...line]);
  assert.equal(code, 0, err);
  const lines = out.trimEnd().split("\n");
  return { words: lines.slice(0, -1).map((word) => word.split("\t")[0]), paths: lines.at(-1) };
}

Deno.test("completions: every command that the help names is offered, with what it is", async () => {
  for (const run of [migrate, genmigrate]) {
    const help = (await run(["--help"])).out.split("Commands:\n")[1]?.split("\n\n")[0] ?? "";
    const named = [...help.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    assert.ok(named.length > 2);
    assert.deepEqual((await offered(run, "")).words, named);
    const { out } = await run(["__complete", "--", "compl"]);
    assert.equal(
      out,
      "completions\tprint a script that completes commands and flags in a shell\n:none\n",
    );
  }
});

Deno.test("completions: flags of the command, of the default one where none is named", async () => {
  assert.deepEqual((await offered(migrate, "--eng")).words, ["--engine"]);
  assert.deepEqual((await offered(migrate, "apply", "--eng")).words, ["--engine"]);
  assert.deepEqual((await offered(migrate, "version", "--")).words, ["--json", "--help"]);
  assert.deepEqual((await offered(migrate, "--vers")).words, ["--version"]);
  assert.deepEqual((await offered(genmigrate, "new", "--lay")).words, ["--layer"]);
  // What is there already is not offered again, and its value is not taken for a command.
  const { words } = await offered(migrate, "--engine", "atlas", "--");
  assert.ok(!words.includes("--engine") && words.includes("--config"));
  assert.equal(words.filter((word) => word === "--help").length, 1);
  assert.deepEqual((await offered(migrate, "--config", "version", "--eng")).words, ["--engine"]);
});

Deno.test("completions: values of flags and of arguments, and where a path belongs", async () => {
  const engines = ["auto", "atlas", "embedded"].toSorted();
  assert.deepEqual((await offered(migrate, "--engine", "")).words.toSorted(), engines);
  assert.deepEqual((await offered(migrate, "--engine=at")).words, ["--engine=atlas"]);
  assert.deepEqual((await offered(migrate, "--engine", "=", "at")).words, ["atlas"]);
  assert.deepEqual((await offered(migrate, "completions", "")).words, SHELLS);
  assert.deepEqual(await offered(migrate, "--config", "x"), { words: [], paths: ":files" });
  assert.deepEqual(await offered(migrate, "-c", ""), { words: [], paths: ":files" });
  assert.deepEqual(await offered(migrate, "--migrations", ""), { words: [], paths: ":dirs" });
  assert.deepEqual(await offered(migrate, "--lock-timeout", ""), { words: [], paths: ":none" });
  assert.deepEqual(await offered(migrate, "--nonsense=", ""), await offered(migrate, ""));
  // Windows PowerShell drops empty words.
  const { out } = await migrate(["__complete", "--new", "--", "--engine"]);
  assert.match(out, /^atlas\t/m);
});

Deno.test("completions: an unknown shell is a wrong call, and the asking is no command of the help", async () => {
  assert.equal((await migrate(["completions", "csh"])).code, 2);
  assert.doesNotMatch((await migrate(["--help"])).out, /__complete/);
});

/** A folder with the script of a shell, and `migrate` for its PATH. */
async function prepared(shell: string) {
  const { out } = await migrate(["completions", shell]);
  const root = Deno.cwd();
  const program =
    `#!/bin/sh\nexec "${Deno.execPath()}" run -q -A --config "${root}/deno.json" "${root}/src/migrate.ts" "$@"\n`;
  const folder = await folderOf({
    "bin/migrate": program,
    script: out,
    "a file.yaml": "",
    "d/x": "",
  });
  await Deno.chmod(join(folder.path, "bin/migrate"), 0o755);
  return folder;
}

async function inShell(folder: string, command: readonly string[]): Promise<readonly string[]> {
  const [shell = "", ...args] = command;
  const { code, stderr, stdout } = await new Deno.Command(shell, {
    args,
    cwd: folder,
    env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}`, HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stderr), "");
  assert.equal(code, 0);
  return text(stdout).trimEnd().split("\n");
}

// The program is put on the PATH by a script for a Unix shell.
const unix = { ignore: Deno.build.os === "windows" };

toolTest("bash", "completions: bash", async (bash) => {
  await using folder = await prepared("bash");
  const ask = (...words: readonly string[]) =>
    inShell(folder.path, [
      ...[bash, "--norc", "-c"],
      'eval "$(migrate completions bash)"; complete -p migrate >/dev/null || exit 9; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _migrate_complete 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"',
      ...["bash", "migrate", ...words],
    ]);
  assert.deepEqual(await ask("vers"), ["version"]);
  assert.deepEqual(await ask("--engine", "e"), ["embedded"]);
  assert.deepEqual(await ask("--engine", "=", "e"), ["embedded"]);
  assert.deepEqual(await ask("--config", "a"), ["a file.yaml"]);
  assert.deepEqual(await ask("--migrations", "b"), ["bin"]);
}, unix);

toolTest("zsh", "completions: zsh", async (zsh) => {
  await using folder = await prepared("zsh");
  // What shows the words works in a line editor alone.
  const ask = (...words: readonly string[]) =>
    inShell(folder.path, [
      ...[zsh, "-f", "-c"],
      'compdef() { print -u3 "$@" }; source ./script 3>/dev/null; _describe() { print -l -- "${(@P)3}" "${(@P)4}" } 2>/dev/null; _files() { print "files $*" }; words=("$@"); CURRENT=$#; _migrate',
      ...["zsh", "migrate", ...words],
    ]);
  assert.match((await ask("vers")).join("\n"), /^version:say what this program is/m);
  assert.match((await ask("--engine", "e")).join("\n"), /^embedded:/m);
  assert.deepEqual(await ask("--config", ""), ["files"]);
  assert.deepEqual(await ask("--migrations", ""), ["files -/"]);
}, unix);

toolTest("fish", "completions: fish", async (fish) => {
  await using folder = await prepared("fish");
  const ask = (line: string) =>
    inShell(folder.path, [fish, "--no-config", "-c", `source ./script; complete -C "${line}"`]);
  assert.deepEqual((await ask("migrate vers")).map((word) => word.split("\t")[0]), ["version"]);
  assert.match((await ask("migrate --engine e")).join("\n"), /^embedded\t/m);
  assert.match((await ask("migrate --config a")).join("\n"), /a.*file\.yaml/);
}, unix);

toolTest("pwsh", "completions: PowerShell", async (pwsh) => {
  await using folder = await prepared("powershell");
  const ask = (line: string) =>
    inShell(folder.path, [
      ...[pwsh, "-NoProfile", "-Command"],
      `Get-Content script -Raw | Invoke-Expression; (TabExpansion2 '${line}' ${line.length}).CompletionMatches.CompletionText`,
    ]);
  assert.deepEqual(await ask("migrate vers"), ["version"]);
  assert.deepEqual(await ask("migrate --engine e"), ["embedded"]);
  assert.ok((await ask("migrate --engine ")).includes("atlas"));
}, unix);
