// deno-lint-ignore-file no-console -- its output is the result
import { openNamedPipe } from "../../src/atlas/named_pipe_windows.ts";
import { INVALID_HANDLE, memory, openWindowsApi, wide } from "../../src/atlas/windows_api.ts";
import { MigrateError } from "../../src/errors.ts";

/**
 * A Windows program that tries the pipe out: `probe <scenario>` prints what happened as JSON, and
 * `probe client <behaviour> <pipe> …` is the process at the other end.
 */
const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  "reads": () => withClient(["read"], "url = ü\n"),
  "a megabyte": () => withClient(["read"], "x".repeat(1_048_576)),
  "stats and reads": () => withClient(["stat-and-read"], "text"),
  "two openers": () => withClient(["read-twice-at-once"], "text"),
  "opens and reads nothing": () => withClient(["open-only"], "text"),
  "stalls while another reads": () => withClient(["stall-and-read"], "y".repeat(300_000)),
  "ends while it stalls": () => withClient(["stall"], "z".repeat(1_048_576)),
  "ends before it reads": () => withClient(["exit"], "text"),
  "opens many": () => withClient(["open-many"], "w".repeat(100_000)),
  "a grandchild reads": () => withClient(["shim"], "text"),
  "the name is taken": nameTaken,
  "a stranger reads": strangerReads,
  "the name is taken by another kind of pipe": takenByAnotherKind,
  "never served": neverServed,
  "is gone afterwards": goneAfterwards,
  "who is admitted": whoIsAdmitted,
  "another user opens": anotherUserOpens,
};

const CLIENTS: Readonly<Record<string, (pipe: string) => Promise<number>>> = {
  "read": async (pipe) => report([await read(pipe)]),
  "stat-and-read": async (pipe) => {
    (await Deno.open(pipe)).close();
    return report([await read(pipe)]);
  },
  "read-twice-at-once": async (pipe) => report(await Promise.all([read(pipe), read(pipe)])),
  "open-only": async (pipe) => {
    (await Deno.open(pipe)).close();
    return 3;
  },
  "stall-and-read": async (pipe) => {
    using stalled = await Deno.open(pipe);
    const text = await read(pipe);
    await stalled.read(new Uint8Array(10));
    return report([text]);
  },
  "stall": async (pipe) => {
    const stalled = await Deno.open(pipe);
    await stalled.read(new Uint8Array(10));
    return 4;
  },
  "exit": () => Promise.resolve(5),
  "open-many": async (pipe) => {
    const files: Deno.FsFile[] = [];
    for (let index = 0; index < 20; index++) {
      files.push(await openPatiently(pipe));
    }
    const text = await read(pipe);
    for (const file of files) file.close();
    return report([text]);
  },
  "shim": async (pipe) => {
    const { code, stdout } = await spawn(["read"], pipe).output();
    Deno.stdout.writeSync(stdout);
    return code;
  },
};

async function withClient(behaviour: readonly string[], text: string): Promise<unknown> {
  await using pipe = await openNamedPipe(text);
  const child = spawn(behaviour, nameOf(pipe.url));
  const output = new Response(child.stdout).text();
  await pipe.serve(child);
  const { code } = await child.status;
  const printed = await output;
  const texts: readonly string[] = printed === "" ? [] : JSON.parse(printed);
  return { code, right: texts.map((got) => got === text) };
}

async function nameTaken(): Promise<unknown> {
  await using _first = await openNamedPipe("text", { random: "taken" });
  return await openNamedPipe("text", { random: "taken" }).then(() => "opened", describe);
}

/** As a program would that happens to use the name: not with our flags. */
async function takenByAnotherKind(): Promise<unknown> {
  const api = openWindowsApi();
  const name = wide(`\\\\.\\pipe\\hotpot-atlas-${Deno.pid}-taken`);
  const duplex = 3;
  const pipe = api.CreateNamedPipeW(name, duplex, 0, 4, 100, 100, 0, memory(24));
  try {
    if (pipe === INVALID_HANDLE) return "cannot take the name";
    return await openNamedPipe("text", { random: "taken" }).then(() => "opened", describe);
  } finally {
    api.CloseHandle(pipe);
  }
}

/** The process that reads is not the child that is being served, nor started by it. */
async function strangerReads(): Promise<unknown> {
  await using pipe = await openNamedPipe("secret");
  // The child ends, badly, once the stranger has been there.
  const child = spawn(["wait-for-stdin"], nameOf(pipe.url), "piped");
  const served = pipe.serve(child).then(() => "served", describe);
  const stranger = await spawn(["read"], nameOf(pipe.url)).output();
  await child.stdin.close();
  await child.stdout.cancel();
  return { stranger: new TextDecoder().decode(stranger.stdout), result: await served };
}

async function neverServed(): Promise<unknown> {
  const pipe = await openNamedPipe("text");
  await pipe[Symbol.asyncDispose]();
  await pipe[Symbol.asyncDispose]();
  return "closed";
}

async function goneAfterwards(): Promise<unknown> {
  const pipe = await openNamedPipe("text");
  const name = nameOf(pipe.url);
  const child = spawn(["read"], name);
  await child.stdout.cancel();
  await pipe.serve(child);
  return await read(name).then(() => "still there", () => "gone");
}

/** The access rules of the pipe, as Windows itself tells them. */
async function whoIsAdmitted(): Promise<unknown> {
  await using pipe = await openNamedPipe("text");
  const script = `$client = New-Object System.IO.Pipes.NamedPipeClientStream('.', '${
    nameOf(pipe.url).replace("\\\\.\\pipe\\", "")
  }', 'In'); $client.Connect(5000); $client.GetAccessControl().GetSecurityDescriptorSddlForm('All')`;
  const { stdout } = await new Deno.Command("powershell", {
    args: ["-NoProfile", "-Command", script],
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** What a user who was made for this meets; only an administrator can make one. */
async function anotherUserOpens(): Promise<unknown> {
  await using pipe = await openNamedPipe("text");
  const { stdout } = await new Deno.Command("powershell", {
    args: ["-NoProfile", "-Command", AS_ANOTHER_USER],
    env: { HOTPOT_PIPE: nameOf(pipe.url).replace("\\\\.\\pipe\\", "") },
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

// Impersonated, not started as that user, which services may not do.
const AS_ANOTHER_USER = String.raw`
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
public static class Logon {
  [DllImport("advapi32.dll", SetLastError = true, CharSet = CharSet.Unicode)]
  public static extern bool LogonUser(
    string user, string domain, string password, int type, int provider,
    out SafeAccessTokenHandle token);
}
'@
$name = 'hotpot-pipe-test'
$password = 'Aa1!' + [guid]::NewGuid()
$secure = ConvertTo-SecureString $password -AsPlainText -Force
New-LocalUser -Name $name -Password $secure | Out-Null
try {
  $token = [Microsoft.Win32.SafeHandles.SafeAccessTokenHandle]::InvalidHandle
  $network = 3
  if (-not [Logon]::LogonUser($name, '.', $password, $network, 0, [ref]$token)) {
    throw [ComponentModel.Win32Exception]::new()
  }
  [Security.Principal.WindowsIdentity]::RunImpersonated($token, [Action]{
    try {
      $client = New-Object System.IO.Pipes.NamedPipeClientStream('.', $env:HOTPOT_PIPE, 'In')
      $client.Connect(5000)
      $script:met = 'admitted'
    } catch {
      $script:met = $_.Exception.GetBaseException().GetType().Name
    }
  })
  $script:met
} finally {
  Remove-LocalUser -Name $name
}`;

function spawn(
  behaviour: readonly string[],
  pipe: string,
  stdin: "null" | "piped" = "null",
): Deno.ChildProcess {
  const own = Deno.build.standalone ? [] : ["run", "-A", "--no-check", import.meta.filename ?? ""];
  return new Deno.Command(Deno.execPath(), {
    args: [...own, "client", ...behaviour, pipe],
    stdin,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

function nameOf(url: string): string {
  return url.replace("file:////./", "\\\\.\\").replaceAll("/", "\\");
}

async function read(pipe: string): Promise<string> {
  using file = await openPatiently(pipe);
  return await new Response(file.readable).text();
}

async function openPatiently(pipe: string): Promise<Deno.FsFile> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.open(pipe);
    } catch (error) {
      if (attempt >= 100 || error instanceof Deno.errors.NotFound) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function report(texts: readonly string[]): number {
  console.log(JSON.stringify(texts));
  return 0;
}

function describe(error: unknown): unknown {
  if (!(error instanceof MigrateError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

const [first = "", second = "", third = ""] = Deno.args;
if (first === "client" && second === "wait-for-stdin") {
  await new Response(Deno.stdin.readable).text();
  Deno.exit(6);
}
if (first === "client") Deno.exit(await CLIENTS[second]?.(third) ?? 2);
console.log(JSON.stringify(await SCENARIOS[first]?.()));
