import { applyThroughAtlas, Atlas, type AtlasFolder, type AtlasProgram } from "../atlas/mod.ts";
import { toPostgresUrl } from "../dsn.ts";
import { MigrateError } from "../errors.ts";
import { executableStatements } from "../executable.ts";
import { nameOf } from "../failure.ts";
import { compareBytes, type PlannedFile, type Pool } from "../migrations/mod.ts";
import {
  dropUnfinished,
  LOCKS,
  Onlooker,
  type Patience,
  releaseLock,
  type Session,
  writeRevision,
} from "../postgres/mod.ts";
import type { ApplyRequest } from "./apply.ts";
import { fileWith } from "./atlas_sight.ts";
import type { Preflight } from "./preflight.ts";
import type { Progress } from "./progress.ts";

/** What a run through Atlas needs besides the request and the pre-flight. */
export interface AtlasRun extends Preflight {
  /** Where Atlas works. */
  readonly folder: AtlasFolder;
  readonly patience: Patience;
  readonly progress: Progress;
}

/**
 * Has Atlas apply what is pending, and does for it what it does not do: refuses files that it would
 * pass over, prepares the half-done one, and looks at what it is doing.
 *
 * @throws {MigrateError} `not_supported`, the codes of `executableStatements` and
 * `applyThroughAtlas`.
 */
export async function throughAtlas(
  session: Session,
  request: ApplyRequest & { readonly program: AtlasProgram },
  run: AtlasRun,
): Promise<void> {
  const { env, program, redact, signal } = request;
  const { folder, patience, plan } = run;
  refuseUnseen(run, request.pool);
  await folder.fill(request.pool);
  const [first] = plan.pending;
  if (first?.previous !== undefined) await prepareResume(session, first, { ...run, request });
  // Until here it kept Atlas runs away that the plan does not know of.
  await releaseLock(session, LOCKS.atlas);
  await using _ = onlooker(session, { ...request, files: plan.pending, patience });
  await applyThroughAtlas(new Atlas(program, { env, signal, redact, folder }), plan.pending, {
    config: {
      url: toPostgresUrl(session.database),
      folder: folder.migrations,
      revisionsSchema: run.table.schema,
      lockTimeoutMs: Math.max(0, Math.ceil(run.deadline - performance.now())),
    },
    execOrder: request.execOrder,
    enough: request.enough,
    onApplied: (applied) => run.progress.finish(applied),
  });
}

/** Has somebody look at what Atlas does, which says nothing before its end. */
function onlooker(
  session: Session,
  request: ApplyRequest & {
    readonly files: readonly PlannedFile[];
    readonly patience: Patience;
  },
): Onlooker | undefined {
  const { events, files, patience, redact } = request;
  const { onSight } = events;
  if (onSight === undefined) return undefined;
  return new Onlooker(session.database, {
    patience,
    redact,
    onSight: (sight) => {
      const migration = fileWith(sight.statement, files);
      onSight({ ...sight, ...(migration === undefined ? {} : { migration }) });
    },
  });
}

/** Atlas looks only at files from the oldest row on, so it would pass over these and say nothing. */
function refuseUnseen({ plan, rows }: Preflight, pool: Pool): void {
  const oldest = rows[0]?.version;
  if (oldest === undefined) return;
  const from = pool.migrations.findIndex(({ version }) => compareBytes(version, oldest) >= 0);
  const passed = new Set(from < 0 ? pool.migrations : pool.migrations.slice(0, from));
  const unseen = plan.pending.map(({ migration }) => migration).filter((migration) =>
    passed.has(migration)
  );
  if (unseen.length === 0) return;
  throw new MigrateError(
    "not_supported",
    `Cannot apply ${
      unseen.map(nameOf).join(", ")
    } through Atlas: it never looks below ${oldest}, the oldest entry of the history`,
    {
      hint: "Use the embedded engine, which looks at all of them",
      next: [{ command: "migrate --engine embedded" }],
      data: { files: unseen.map(({ path }) => path) },
    },
  );
}

/**
 * Does for Atlas what it does not do when it goes on with a half-done file.
 *
 * @throws {MigrateError} the codes of `executableStatements`.
 */
async function prepareResume(
  session: Session,
  file: PlannedFile,
  { request, table }: Preflight & { readonly request: ApplyRequest },
): Promise<void> {
  const { previous, resumeFrom } = file;
  const statements = executableStatements(file);
  const next = statements.at(resumeFrom);
  if (next !== undefined) {
    const { events, signal } = request;
    for (const index of await dropUnfinished(session, next, signal)) events.onRebuild(index);
  }
  if (previous === undefined) return;
  // Atlas leaves the number of the first attempt, and would call the finished file partial.
  await writeRevision(session, table, { ...previous, total: statements.length });
}
