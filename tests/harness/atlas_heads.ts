import assert from "node:assert/strict";
import { join } from "node:path";
import * as directives from "../../src/migrations/directives.ts";
import { computeSums, formatSums } from "../../src/migrations/mod.ts";
import { atlas, folderOf } from "./atlas.ts";
import type { Comparison } from "./differential.ts";
import { startMutingProxy } from "./muting_proxy.ts";
import { createDatabase } from "./postgres.ts";
import type { Splitter } from "./splitter_variants.ts";

/** What the head of a file tells. */
export interface Head {
  readonly sumIgnored: boolean;
  readonly checkpoint: boolean;
  /** Whether the file runs in a transaction, or the values that are refused; see `headOf`. */
  readonly txMode: "file" | "none" | readonly string[] | undefined;
}

/** How a reader, ours if none is given, reads a head, as far as Atlas lets it be seen. */
export function headOf(
  text: string,
  reader: Pick<Splitter, "readDirectives" | "isSumIgnored"> = directives,
): Head {
  const { checkpoint, txMode } = reader.readDirectives(text);
  const sumIgnored = reader.isSumIgnored(text);
  const [first = "file"] = txMode;
  const refused = txMode.length > 1 || (first !== "file" && first !== "none");
  // Atlas executes no file without a sum, and starts at a checkpoint.
  const seen = !sumIgnored && !checkpoint;
  return { sumIgnored, checkpoint, txMode: seen ? (refused ? txMode : first) : undefined };
}

/**
 * Asks the real Atlas how it reads the heads of files: which have a sum, which it leaves out as
 * checkpoints once the history has begun, and which it executes in a transaction.
 */
async function atlasHeads(texts: readonly string[]): Promise<ReadonlyMap<string, Head>> {
  const names = new Map(texts.map((text, i) => [String(i + 1).padStart(6, "0"), text]));
  const files = Object.fromEntries([...names].map(([name, text]) => [`${name}.sql`, text]));
  await using folder = await folderOf({ [FIRST]: "", ...files });
  const ignored = await withoutSum(folder.path, [FIRST, ...Object.keys(files)]);
  const checkpoints = await neverPending(folder.path, Object.keys(files));
  const seen = texts.filter((_, i) => {
    const name = Object.keys(files)[i] ?? "";
    return !ignored.has(name) && !checkpoints.has(name);
  });
  const modes = await txModes(seen);
  return new Map(
    Object.entries(files).map(([name, text]) => [text, {
      sumIgnored: ignored.has(name),
      checkpoint: checkpoints.has(name),
      txMode: modes.get(text),
    }]),
  );
}

/** Compares our reading of heads with that of Atlas. */
export async function compareHeads(
  texts: readonly string[],
): Promise<ReadonlyMap<string, Comparison>> {
  const heads = await atlasHeads(texts);
  return new Map(texts.map((text) => {
    const ours = headOf(text);
    const atlas = heads.get(text);
    return [text, {
      ours,
      atlas,
      verdict: JSON.stringify(ours) === JSON.stringify(atlas) ? "same" : undefined,
    }];
  }));
}

/** The file with which the history begins. */
const FIRST = "000000.sql";
// For each file Atlas reads and hashes them all again.
const BATCH = 64;

async function withoutSum(path: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { code, stderr } = await atlas(["migrate", "hash", "--dir", `file://${path}`]);
  assert.equal(code, 0, stderr);
  const sums = await Deno.readTextFile(join(path, "atlas.sum"));
  const files = names.map((name) => ({ name, text: Deno.readTextFileSync(join(path, name)) }));
  assert.equal(formatSums(computeSums(files)), sums);
  const lines = new Set(sums.split("\n").map((line) => line.split(" ")[0]));
  return new Set(names.filter((name) => !lines.has(name)));
}

async function neverPending(path: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  await using db = await createDatabase();
  const sums = formatSums(computeSums([{ name: FIRST, text: "" }]));
  await using first = await folderOf({ [FIRST]: "", "atlas.sum": sums });
  const args = ["--format", "{{ json . }}", "--dir"];
  const { database } = db;
  const begun = await atlas(["migrate", "apply", ...args, `file://${first.path}`], { database });
  assert.equal(begun.code, 0, begun.stderr);
  const { stdout, stderr } = await atlas(["migrate", "status", ...args, `file://${path}`], {
    database,
  });
  assert.ok(stdout.startsWith("{"), stdout + stderr);
  const status = JSON.parse(stdout) as { readonly Pending?: readonly { readonly Name: string }[] };
  const pending = new Set(status.Pending?.map(({ Name }) => Name));
  return new Set(names.filter((name) => !pending.has(name)));
}

async function txModes(texts: readonly string[]): Promise<ReadonlyMap<string, Head["txMode"]>> {
  await using db = await createDatabase();
  const inTransaction = new Map<string, boolean>();
  await using proxy = await startMutingProxy(db.database, (write) => {
    // The version is the last parameter, and the results have no formats.
    const version = new TextDecoder().decode(write.parameters.slice(-8, -2));
    inTransaction.set(version, write.inTransaction);
  });
  const database = { ...db.database, host: proxy.host, port: proxy.port };
  const modes = new Map<string, Head["txMode"]>();
  const refused = (text: string) => Array.isArray(headOf(text).txMode);
  const sure = texts.filter((text) => !refused(text));
  const queue = texts.filter(refused).map((text) => [text]);
  for (let i = 0; i < sure.length; i += BATCH) queue.push(sure.slice(i, i + BATCH));
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const files = job.map((text, i) => ({ name: `${String(i).padStart(6, "0")}.sql`, text }));
    await using folder = await folderOf({
      ...Object.fromEntries(files.map(({ name, text }) => [name, text])),
      "atlas.sum": formatSums(computeSums(files)),
    });
    inTransaction.clear();
    const { stdout, stderr } = await atlas(
      ["migrate", "apply", "--format", "{{ json . }}", "--dir", `file://${folder.path}`],
      { database },
    );
    const message = stdout.startsWith("{")
      ? (JSON.parse(stdout) as { readonly Error?: string }).Error ?? ""
      : stderr;
    const done = job.filter((text, i) => {
      const wrote = inTransaction.get(String(i).padStart(6, "0"));
      if (wrote !== undefined) modes.set(text, wrote ? "file" : "none");
      return wrote !== undefined;
    });
    const [next, ...rest] = job.slice(done.length);
    if (next === undefined) continue;
    assert.match(message, /txmode/);
    modes.set(next, valuesOf(message));
    if (rest.length > 0) queue.unshift(rest);
  }
  return modes;
}

/** The values that a refusal names; Atlas quotes as Go does, which is near enough to JSON. */
function valuesOf(message: string): readonly string[] {
  const list = /multiple txmode values found in file "[^"]*": \[(.*)\]/.exec(message)?.[1];
  const one = /(?:unknown )?txmode ("(?:[^"\\]|\\.)*") /.exec(message)?.[1];
  return [...(list ?? one ?? "").matchAll(/"(?:[^"\\]|\\.)*"/g)]
    .map(([quoted]) => JSON.parse(quoted.replaceAll(/\\v/g, "\\u000b")) as string);
}
