import { join, resolve } from "node:path";
import { MigrateError } from "../errors.ts";
import { type Layer, LAYERS } from "../layers.ts";
import type { Declaration } from "./declaration.ts";
import { findPackages } from "./ent_packages.ts";
import { isFile, listFolder } from "./entries.ts";

/**
 * Looks for the declared state of each layer below a directory: `<layer>.sql` or `<layer>.hcl`, a
 * folder `<layer>` of such files, or Go packages of ent types anywhere below that folder. A layer
 * that has none is left out.
 *
 * @throws {MigrateError} `schema_missing` when no layer has one, or a folder holds migrations;
 * `schema_ambiguous` when a layer is declared in more than one way; `schema_unreadable`.
 */
export async function findDeclarations(directory: string): Promise<readonly Declaration[]> {
  const root = resolve(directory);
  const found: Declaration[] = [];
  const looked: string[] = [];
  for (const layer of LAYERS) {
    const places = await placesOf(root, layer);
    if (places.length > 1) throw ambiguous(layer, places);
    found.push(...places.map(({ kind, paths }) => ({ layer, kind, paths })));
    looked.push(...await lookedAt(root, layer));
  }
  if (found.length === 0) throw missing(directory, looked);
  return found;
}

/** One way in which a layer is declared, and its name for people. */
interface Place extends Omit<Declaration, "layer"> {
  readonly name: string;
}

async function placesOf(root: string, layer: Layer): Promise<readonly Place[]> {
  const places: Place[] = [];
  const folder = join(root, layer);
  const entries = await listFolder(folder);
  for (const kind of ["sql", "hcl"] as const) {
    const file = join(root, `${layer}.${kind}`);
    if (await isFile(file)) places.push({ kind, paths: [file], name: `the file "${file}"` });
    const files = (entries?.files ?? []).filter((name) => isDeclared(name, kind));
    if (files.length === 0) continue;
    if (kind === "sql" && entries?.files.includes("atlas.sum")) throw migrations(folder);
    const paths = files.map((name) => join(folder, name));
    places.push({ kind, paths, name: `${files.length} .${kind} in "${folder}"` });
  }
  const packages = entries === undefined ? [] : await findPackages(folder);
  if (packages.length > 0) {
    places.push({ kind: "ent", paths: packages, name: `ent types in "${packages[0]}"` });
  }
  return places;
}

function isDeclared(name: string, kind: string): boolean {
  return name.endsWith(`.${kind}`) && !name.startsWith(".");
}

async function lookedAt(root: string, layer: Layer): Promise<readonly string[]> {
  const folder = join(root, layer);
  const state = await listFolder(folder) === undefined
    ? "no such folder"
    : "no .sql, no .hcl, no ent types in it";
  return [
    `${join(root, `${layer}.sql`)}: no such file`,
    `${join(root, `${layer}.hcl`)}: no such file`,
    `${folder}: ${state}`,
  ];
}

function missing(directory: string, looked: readonly string[]): MigrateError {
  return new MigrateError(
    "schema_missing",
    `Cannot find the declared schema: "${directory}" declares no layer`,
    { hint: "Give the folder that declares the layers with --schema", details: looked },
  );
}

function migrations(folder: string): MigrateError {
  return new MigrateError(
    "schema_missing",
    `Cannot read the declared schema: "${folder}" holds migrations, for it has an atlas.sum`,
    { hint: "Give the folder that declares the layers with --schema" },
  );
}

function ambiguous(layer: Layer, places: readonly Place[]): MigrateError {
  return new MigrateError(
    "schema_ambiguous",
    `Cannot read the declared schema: ${layer} is declared in ${places.length} ways`,
    { hint: "Keep one of them", details: places.map(({ name }) => name) },
  );
}
