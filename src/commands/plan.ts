import { describeDatabase } from "../dsn.ts";
import { type Effect, effectOf, type Finding, Judge, namesIn } from "../impact/mod.ts";
import { executableStatements } from "../executable.ts";
import { LineCounter, type Plan, type PlannedFile } from "../migrations/mod.ts";
import { openParser } from "../parser/mod.ts";
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
  const parse = await openParser();
  const parsed = pending.map((file) => {
    const lines = new LineCounter(file.migration.texts());
    const left = executableStatements(file)[Symbol.iterator]().drop(file.resumeFrom);
    const statements = Array.from(left, ({ offset, text }) => {
      const read = parse(text);
      return {
        sql: text,
        line: lines.lineAt(offset),
        trees: "trees" in read ? read.trees : undefined,
      };
    });
    lines.close();
    return { file, statements };
  });
  const trees = parsed.flatMap(({ statements }) => statements.flatMap((each) => each.trees ?? []));
  const catalog = await readCatalog((sql) => session.query(sql), namesIn(trees));
  const sizes = new Map(
    namesIn(trees).relations.flatMap((name) => {
      const facts = catalog.relation(name);
      return facts === undefined ? [] : [[facts.name, facts.bytes] as const];
    }),
  );
  const judge = new Judge(catalog);
  return parsed.map(({ file, statements }) => {
    judge.beginFile();
    return {
      ...file,
      statements: statements.map(({ line, sql, trees }) => ({
        sql,
        line,
        commands: judge.judge(trees).map((finding) => ({
          ...finding,
          effect: effectOf(finding),
          bytes: sizes.get(finding.locks[0]?.relation ?? ""),
        })),
      })),
    };
  });
}
