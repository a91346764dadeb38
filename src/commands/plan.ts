import { describeDatabase } from "../dsn.ts";
import { type Effect, effectOf, type Finding, Judge, NameSet } from "../impact/mod.ts";
import { executableStatements } from "../executable.ts";
import { LineCounter, type Plan, type PlannedFile } from "../migrations/mod.ts";
import { openParser, type Parse, type Parsed } from "../parser/mod.ts";
import { MigrateError } from "../errors.ts";
import { refuseUnfit, runnerOf, type Session } from "../postgres/mod.ts";
import { look, type LookRequest } from "./look.ts";
import { decide, type DecideRequest } from "./preflight.ts";
import { readCatalog } from "./read_catalog.ts";

/** Everything that `migrate plan` needs to know. */
export type PlanRequest = DecideRequest & LookRequest;

/** One command of a statement, with whom it keeps waiting and how large its table is. */
export interface JudgedCommand extends Finding {
  readonly effect: Effect;
  /** The size of the table it is about, as of its last ANALYZE; nothing where that is not known. */
  readonly bytes: number | undefined;
}

/** A statement that would be executed. */
export interface PlannedStatement {
  readonly sql: string;
  /** The line of the file in which it begins, from 1. */
  readonly line: number;
  readonly commands: readonly JudgedCommand[];
}

/** A file that would be executed, from where it would go on. */
export interface JudgedFile extends PlannedFile {
  readonly statements: readonly PlannedStatement[];
}

/** What `migrate` would do now. */
export interface PlanReport {
  readonly database: string;
  readonly plan: Plan;
  readonly files: readonly JudgedFile[];
  /** Why no migration can be applied through this connection, whatever is pending. */
  readonly refusal: MigrateError | undefined;
  /** Who is migrating at this moment, so that the plan may soon be another. */
  readonly running: string | undefined;
}

/**
 * Says what `apply` would do, by the same decision, in one read-only transaction; the parser is
 * loaded only when there is something to judge.
 *
 * @throws {MigrateError} the codes of `look` and `decide` and `executableStatements`.
 */
export async function plan(request: PlanRequest): Promise<PlanReport> {
  let refusal: MigrateError | undefined;
  return await look(request, async (view) => {
    const { session } = view;
    const plan = await decide(request, view);
    const files = await judge(session, plan.pending);
    // A replica does not see the locks of its primary.
    const running = session.facts.inRecovery ? undefined : await runnerOf(session);
    return { database: describeDatabase(request.database), plan, files, refusal, running };
  }, async (session) => {
    refusal = await unfitness(session, request);
  });
}

/** What `apply` would refuse the session for. */
async function unfitness(
  session: Session,
  request: LookRequest,
): Promise<MigrateError | undefined> {
  try {
    await refuseUnfit(session, request);
    return undefined;
  } catch (error) {
    if (error instanceof MigrateError && error.code !== "interrupted") return error;
    throw error;
  }
}

async function judge(
  session: Session,
  pending: readonly PlannedFile[],
): Promise<readonly JudgedFile[]> {
  if (pending.length === 0) return [];
  const parse = remembering(await openParser());
  const files = pending.map((file) => ({ file, statements: executableStatements(file) }));
  const names = new NameSet();
  for (const { file, statements } of files) {
    for (const { text } of statements.from(file.resumeFrom)) names.add(treesOf(parse, text) ?? []);
  }
  const catalog = await readCatalog((sql) => session.query(sql), names);
  const sizes = new Map(
    names.relations.flatMap((name) => {
      const facts = catalog.relation(name);
      return facts === undefined ? [] : [[facts.name, facts.bytes] as const];
    }),
  );
  const judge = new Judge(catalog);
  return files.map(({ file, statements }) => {
    judge.beginFile();
    const lines = new LineCounter(file.migration.texts());
    const judged = Array.from(statements.from(file.resumeFrom), ({ offset, text }) => ({
      sql: text,
      line: lines.lineAt(offset),
      commands: judge.judge(treesOf(parse, text)).map((finding) => ({
        ...finding,
        effect: effectOf(finding),
        bytes: sizes.get(finding.locks[0]?.relation ?? ""),
      })),
    }));
    lines.close();
    return { ...file, statements: judged };
  });
}

function treesOf(parse: Parse, text: string): readonly unknown[] | undefined {
  const parsed = parse(text);
  return "trees" in parsed ? parsed.trees : undefined;
}

/** How much is remembered of what was parsed, in UTF-16 units: trees take many times their texts. */
const REMEMBERED = 1 << 20;

/** Parses the first statements only once, however often somebody asks. */
function remembering(parse: Parse): Parse {
  const known = new Map<string, Parsed>();
  let length = 0;
  return (sql) => {
    const found = known.get(sql);
    if (found !== undefined) return found;
    const parsed = parse(sql);
    length += sql.length;
    if (length <= REMEMBERED) known.set(sql, parsed);
    return parsed;
  };
}
