import type { Atlas } from "../atlas/mod.ts";
import { inspectState } from "../atlas/mod.ts";
import { type Declaration, loadEnt, readSqlDeclaration } from "../declared/mod.ts";
import { MigrateError } from "../errors.ts";
import { schemasCreated } from "../generated.ts";
import { type Layer, LAYERS } from "../layers.ts";
import { type Folder, splitStatements } from "../migrations/mod.ts";
import { findUnseen, findUnseenInHcl, type Unseen } from "../unseen.ts";

/** What a layer is declared to be. */
export interface LayerState {
  readonly layer: Layer;
  /** The files or packages, for messages. */
  readonly paths: readonly string[];
  /** The state as SQL. */
  readonly text: string;
  /** What Atlas will not compare. */
  readonly unseen: readonly Unseen[];
}

/** Which schemas belong to which layer. */
export type Owned = ReadonlyMap<Layer, readonly string[]>;

/** What loading the states needs. */
export interface StateOptions {
  readonly atlas: Atlas;
  readonly devUrl: string;
  /** A private folder to work in. */
  readonly temp: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

/**
 * Loads the declared states of all layers as SQL, in the order of the layers.
 *
 * @throws {MigrateError} the codes of `loadEnt`, `readSqlDeclaration` and `inspectState`.
 */
export async function loadStates(
  declarations: readonly Declaration[],
  options: StateOptions,
): Promise<readonly LayerState[]> {
  const states: LayerState[] = [];
  for (const declaration of inOrder(declarations)) {
    const { kind, layer, paths } = declaration;
    switch (kind) {
      case "sql":
        states.push(sqlState(declaration, await readSqlDeclaration(declaration)));
        break;
      case "ent":
        states.push({ layer, paths, text: await loadEnt(declaration, options), unseen: [] });
        break;
      case "hcl":
        states.push(await hclState(declaration, { ...options, declarations, states }));
        break;
    }
  }
  return states;
}

/**
 * Decides which schemas belong to which layer: the one of its name, those that its declaration
 * creates, and those that its migrations have created, so that one which is no longer declared is
 * dropped by the layer that made it.
 *
 * @throws {MigrateError} `schema_shared` when two layers claim one.
 */
export function ownedSchemas(states: readonly LayerState[], folders: readonly Folder[]): Owned {
  const owners = new Map<string, Layer>();
  const owned = new Map<Layer, readonly string[]>();
  for (const layer of LAYERS) {
    const declared = states.find((state) => state.layer === layer)?.text ?? "";
    const migrations = folders.find((folder) => folder.layer === layer)?.files ?? [];
    const texts = [declared, ...migrations.map(({ text }) => text)];
    const names = texts.flatMap((text) => schemasCreated(statementsOf(text, layer)));
    owned.set(layer, [...new Set([layer, ...names])]);
    for (const name of owned.get(layer) ?? []) {
      const other = owners.get(name);
      if (other !== undefined) throw shared(name, [other, layer]);
      owners.set(name, layer);
    }
  }
  return owned;
}

function sqlState({ layer, paths }: Declaration, text: string): LayerState {
  return { layer, paths, text, unseen: findUnseen(statementsOf(text, paths[0] ?? layer)) };
}

/** Atlas reads HCL; the files of the layers below come along, since tables refer to theirs. */
async function hclState(
  declaration: Declaration,
  options: StateOptions & {
    readonly declarations: readonly Declaration[];
    readonly states: readonly LayerState[];
  },
): Promise<LayerState> {
  const { layer, paths } = declaration;
  const folder = `${options.temp}/hcl-${layer}`;
  await Deno.mkdir(folder);
  const below = LAYERS.slice(0, LAYERS.indexOf(layer) + 1);
  for (const other of options.declarations) {
    if (other.kind !== "hcl" || !below.includes(other.layer)) continue;
    for (const [index, path] of other.paths.entries()) {
      await Deno.copyFile(path, `${folder}/${other.layer}_${index}.hcl`);
    }
  }
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  const without = options.states.flatMap(({ layer: lower, text }) => [
    lower,
    ...schemasCreated(statementsOf(text, lower)),
  ]);
  const text = await inspectState(options.atlas, {
    devUrl: options.devUrl,
    source: folder,
    without: [...new Set(without)],
  });
  return { layer, paths, text, unseen: texts.flatMap(findUnseenInHcl) };
}

function statementsOf(text: string, file: string): readonly string[] {
  return splitStatements(text, { file }).map((statement) => statement.text);
}

function inOrder(declarations: readonly Declaration[]): readonly Declaration[] {
  return declarations.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer));
}

function shared(name: string, layers: readonly [Layer, Layer]): MigrateError {
  return new MigrateError(
    "schema_shared",
    `Cannot tell whose schema "${name}" is: ${layers[0]} and ${layers[1]} both create it`,
    {
      hint: "Declare it in one layer, and let the other refer to it",
      data: { schema: name, layers },
    },
  );
}
