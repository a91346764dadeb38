import { Atlas, AtlasFolder, type AtlasProgram } from "../atlas/mod.ts";
import type { Database } from "../database.ts";
import { findDeclarations } from "../declared/mod.ts";
import { toPostgresUrl } from "../dsn.ts";
import { interrupted, MigrateError } from "../errors.ts";
import { type ForeignKey, withMoved } from "../foreign_keys.ts";
import { type GeneratedStatement, readGenerated } from "../generated.ts";
import { type Layer, LAYERS } from "../layers.ts";
import { type Folder, splitStatements } from "../migrations/mod.ts";
import { openDevDatabase, type ScratchMode } from "../postgres/mod.ts";
import { nextVersion } from "../sequence.ts";
import type { Unseen } from "../unseen.ts";
import { Comparison, type WrittenFile } from "./comparison.ts";
import { changeCheckout, withFiles } from "./checkout_change.ts";
import { loadStates, ownedSchemas } from "./layer_states.ts";

/** Everything that `genmigrate diff` needs to know. */
export interface GenerateRequest {
  /** The name of the migration, `[a-z0-9_]+`. */
  readonly name: string;
  /** The folder of the declared schemas. */
  readonly schema: string;
  /** The folder of the migrations. */
  readonly out: string;
  /** The development database; its name has been checked. */
  readonly database: Database;
  readonly scratch: ScratchMode;
  readonly program: AtlasProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  readonly events: GenerateEvents;
}

/** What happens during a run, for those who watch. */
export interface GenerateEvents {
  /** A slow step begins. */
  readonly onStep: (text: string) => void;
  readonly onLayer: (layer: Layer) => void;
  readonly onSkipped: (layer: Layer) => void;
  readonly onFile: (file: GeneratedFile) => void;
  /** The configured database holds something, and a scratch database is used. */
  readonly onScratch: (found: string | undefined) => void;
  readonly onUnseen: (layer: Layer, unseen: readonly Unseen[]) => void;
}

/** A new migration. */
export interface GeneratedFile {
  readonly layer: Layer;
  /** The name that Atlas gave it. */
  readonly stamped: string;
  /** The name that it was given. */
  readonly file: string;
  /** The statements that take tables, columns or schemas away. */
  readonly drops: readonly GeneratedStatement[];
}

/**
 * Writes the migrations that lead from what the migrations build to what is declared, one file for
 * each layer that has changed, numbered, summed and embedded. Works on a copy, and publishes at the
 * end: whatever happens before, the checkout stays as it was.
 *
 * @returns the new files; none when nothing differs.
 * @throws {MigrateError} `foreign_change`, `interrupted`, and the codes of `changeCheckout`,
 * `findDeclarations`, `openDevDatabase`, `loadStates`, `ownedSchemas`,
 * `Comparison.difference` and `nextVersion`.
 */
export async function generate(request: GenerateRequest): Promise<readonly GeneratedFile[]> {
  let files: readonly GeneratedFile[] = [];
  await changeCheckout(request.out, async (folders) => {
    const run = await compareLayers(request, folders);
    // From here on Ctrl-C is too late: it is a matter of milliseconds, and ends with a whole checkout.
    if (request.signal.aborted) {
      throw interrupted("Stopped");
    }
    files = run.files;
    return run.result();
  });
  return files;
}

async function compareLayers(request: GenerateRequest, folders: readonly Folder[]): Promise<Run> {
  const { events } = request;
  const declarations = await findDeclarations(request.schema);
  const declared = LAYERS.filter((layer) => declarations.some((one) => one.layer === layer));
  events.onStep("Connecting");
  await using dev = await openDevDatabase(request.database, request);
  if (dev.database !== request.database) events.onScratch(dev.found);
  await using folder = await AtlasFolder.create();
  const atlas = new Atlas(request.program, { ...request, folder });
  const devUrl = toPostgresUrl(dev.database);
  events.onStep("Loading the declared schemas");
  const states = await loadStates(declarations, { ...request, atlas, devUrl, temp: folder.root });
  const owned = ownedSchemas(states, folders);
  const comparison = new Comparison({ ...request, atlas, folder, devUrl, states, owned });
  const context = { ...request, folders, declared, owned };
  const run = new Run(comparison, { ...context, ...await findChanged(comparison, context) });
  await run.compareAll();
  await run.replay();
  for (const { layer, unseen } of states) {
    if (unseen.length > 0) events.onUnseen(layer, unseen);
  }
  return run;
}

interface Context extends GenerateRequest {
  readonly folders: readonly Folder[];
  readonly declared: readonly Layer[];
  readonly owned: ReadonlyMap<Layer, readonly string[]>;
}

/** What one comparison of everything tells of the layers. */
interface Changes {
  /** Which differ at all; all of them when the comparison cannot be made. */
  readonly changed: readonly Layer[];
  /** Foreign keys whose change Atlas does not see. */
  readonly moved: readonly ForeignKey[];
}

async function findChanged(comparison: Comparison, context: Context): Promise<Changes> {
  const { declared, events, folders, owned } = context;
  events.onStep("Comparing");
  await comparison.lay(folders);
  const last = LAYERS.at(-1) ?? "gold";
  try {
    const written = await comparison.difference(last, new Set(declared));
    const moved = await comparison.moved();
    const schemas = [
      ...(written === undefined ? [] : readStatements(written)),
      ...moved,
    ].map(({ schema }) => schema ?? "");
    const has = (layer: Layer, schema: string) => owned.get(layer)?.includes(schema) ?? false;
    const known = schemas.every((schema) => declared.some((layer) => has(layer, schema)));
    const changed = known
      ? declared.filter((layer) => schemas.some((schema) => has(layer, schema)))
      : declared;
    return { changed, moved };
  } catch (error) {
    // Layer by layer it will fail again, where it can be said whose fault it is.
    if (error instanceof MigrateError && error.code === "state_failed") {
      return { changed: declared, moved: [] };
    }
    throw error;
  }
}

/** One run over the layers, with the migrations as they grow. */
class Run {
  readonly files: GeneratedFile[] = [];
  readonly #comparison: Comparison;
  readonly #context: Context & Changes;
  readonly #settled: Set<Layer>;
  #folders: readonly Folder[];

  constructor(
    comparison: Comparison,
    context: Context & Changes,
  ) {
    this.#comparison = comparison;
    this.#context = context;
    this.#folders = context.folders;
    this.#settled = new Set(context.declared.filter((layer) => !context.changed.includes(layer)));
  }

  /** Compares the layers in order. One whose leavings a layer above still uses comes once more after that. */
  async compareAll(): Promise<void> {
    const { changed, declared, events } = this.#context;
    const deferred: Layer[] = [];
    let reason: MigrateError | undefined;
    for (const layer of LAYERS) {
      if (!declared.includes(layer)) {
        events.onSkipped(layer);
        continue;
      }
      events.onLayer(layer);
      if (!changed.includes(layer)) continue;
      try {
        await this.#compare(layer);
      } catch (error) {
        if (!(error instanceof MigrateError)) throw error;
        // What this layer needs may be new in one that waits for it in turn.
        if (error.code === "state_failed" && reason !== undefined) throw entangled(reason);
        if (error.code !== "still_used") throw error;
        reason ??= error;
        deferred.push(layer);
      }
    }
    // A difference in a layer that is not of its own making stands in another's declaration.
    if (this.files.length < changed.length - deferred.length) {
      for (const layer of declared) if (!changed.includes(layer)) await this.#compare(layer);
    }
    // From above to below, as what is dropped must be unused before.
    for (const layer of deferred.reverse()) {
      events.onLayer(layer);
      await this.#compare(layer);
    }
  }

  /** Makes sure that the new files can be executed: not all that Atlas writes PostgreSQL takes. */
  async replay(): Promise<void> {
    if (this.files.length === 0) return;
    this.#context.events.onStep("Trying the new files");
    try {
      await this.#comparison.replay(this.#folders);
    } catch (error) {
      if (!(error instanceof MigrateError) || error.code !== "replay_failed") throw error;
      const file = this.files.find(({ file }) => file.startsWith(`${error.data.version}_`));
      throw file === undefined ? error : notTaken(error, file);
    }
  }

  /** The folders with the new files, or nothing when there are none. */
  result(): readonly Folder[] | undefined {
    return this.files.length === 0 ? undefined : this.#folders;
  }

  async #compare(layer: Layer): Promise<void> {
    const { events } = this.#context;
    events.onStep(`Comparing ${layer}`);
    const pool = await this.#comparison.lay(this.#folders);
    const below = LAYERS.slice(0, LAYERS.indexOf(layer));
    const declared = [...below.filter((other) => this.#settled.has(other)), layer];
    const written = this.#withMoved(
      layer,
      await this.#comparison.difference(layer, new Set(declared)),
    );
    this.#settled.add(layer);
    if (written === undefined) return;
    const statements = readStatements(written);
    this.#refuseForeign(layer, statements);
    const version = nextVersion(pool.migrations.map((migration) => migration.version));
    const file = `${version}_${this.#context.name}.sql`;
    this.#folders = this.#folders.map((folder) =>
      folder.layer === layer
        ? withFiles(folder, [...folder.files, { name: file, text: written.text }])
        : folder
    );
    const drops = statements.filter((statement) => statement.drops !== undefined);
    const generated = { layer, stamped: written.name, file, drops };
    this.files.push(generated);
    events.onFile(generated);
  }

  /** The file of a layer, with what Atlas has not seen. */
  #withMoved(layer: Layer, written: WrittenFile | undefined): WrittenFile | undefined {
    const own = this.#context.owned.get(layer) ?? [];
    const moved = this.#context.moved.filter(({ schema }) => own.includes(schema));
    if (moved.length === 0) return written;
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const name = written?.name ?? `${stamp}_${this.#context.name}.sql`;
    return { name, text: withMoved(written?.text ?? "", moved) };
  }

  #refuseForeign(layer: Layer, statements: readonly GeneratedStatement[]): void {
    const own = this.#context.owned.get(layer) ?? [];
    const foreign = statements.filter(({ schema }) =>
      schema === undefined || !own.includes(schema)
    );
    if (foreign.length === 0) return;
    throw new MigrateError(
      "foreign_change",
      `Cannot write the migration of ${layer}: it would change ${
        foreign[0]?.schema === undefined
          ? "something that is in no schema of its own"
          : `schema "${foreign[0].schema}"`
      }`,
      {
        details: foreign.map(({ text }) => text.split("\n")[0] ?? ""),
        hint: `Declare in ${layer} only what is in ${
          own.map((name) => `"${name}"`).join(", ")
        }, with the schema before each name`,
        data: { layer, statements: foreign.map(({ text }) => text) },
      },
    );
  }
}

function notTaken(error: MigrateError, { layer }: GeneratedFile): MigrateError {
  return error.with({
    message: `Cannot write the migration of ${layer}: PostgreSQL refuses what Atlas wrote; ${
      error.message.replace(/^Cannot replay the history on an empty database: /, "")
    }`,
    hint: `Write this change by hand; nothing was written now`,
    next: [{ command: `genmigrate new <name> --layer ${layer}` }],
  });
}

function entangled(reason: MigrateError): MigrateError {
  return new MigrateError(reason.code, reason.message, {
    details: reason.details,
    hint:
      "Do it in two runs: first without removing anything that a layer above uses, then remove it",
    data: reason.data,
    cause: reason,
  });
}

function readStatements(written: { readonly name: string; readonly text: string }) {
  return readGenerated(
    splitStatements(written.text, { file: written.name }).map(({ text }) => text),
  );
}
