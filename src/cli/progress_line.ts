import type { Sight } from "../report.ts";
import { cutTo, widthOf } from "./width.ts";

/** What a run is at. */
export interface Moment {
  /** The database, where there are several. */
  readonly name?: string | undefined;
  /** In a word or a file's name: `Connecting`, `0007_add_x (silver)`. */
  readonly doing: string;
  readonly elapsedMs: number;
  /** What is seen of it just now. */
  readonly sight?: Sight | undefined;
}

/** The narrowest room in which a statement still says something. */
const MIN_STATEMENT = 12;

/**
 * What one run is at, in at most so many columns: the statement gives way first, so that time and
 * percentage are always to be seen.
 */
export function momentLine(moment: Moment, columns: number): string {
  const { elapsedMs, name, sight } = moment;
  const time = elapsedMs < 1_000 ? "" : ` ${clock(elapsedMs)}`;
  const head = `${name === undefined ? "" : `${name}: `}${moment.doing}${time}`;
  if (sight === undefined) return cutTo(head, columns);
  const tail = tailOf(sight);
  const room = columns - widthOf(head) - widthOf(tail) - 2;
  const statement = headline(sight.statement);
  const middle = room < MIN_STATEMENT || statement === "" ? "" : `: ${cutTo(statement, room)}`;
  return cutTo(`${head}${middle}${tail}`, columns);
}

const SEPARATOR = " · ";

/** The narrowest room in which a run still says something. */
const MIN_MOMENT = 30;

/**
 * What several runs are at, in one line: how many are over, then those that began first, as many as
 * there is room for, and how many more there are.
 */
export function momentsLine(
  moments: readonly Moment[],
  { columns, head }: { readonly columns: number; readonly head: string },
): string {
  const room = columns - widthOf(head);
  const widthEach = (count: number) => {
    const more = count < moments.length ? widthOf(`${SEPARATOR}+${moments.length}`) : 0;
    return Math.floor((room - more) / Math.max(1, count)) - SEPARATOR.length;
  };
  let count = moments.length;
  while (count > 1 && widthEach(count) < MIN_MOMENT) count--;
  const shown = moments.slice(0, count).map((moment) => momentLine(moment, widthEach(count)));
  const rest = count < moments.length ? [`+${moments.length - count}`] : [];
  return cutTo([head, ...shown, ...rest].join(SEPARATOR), columns);
}

/** The line of a log about a file that has been running for a while. */
export function stillLine({ doing, elapsedMs, name, sight }: Moment): string {
  const head = `${name === undefined ? "" : `${name}: `}Still applying ${doing} after ${
    clock(elapsedMs)
  }`;
  if (sight === undefined) return head;
  const statement = headline(sight.statement);
  return `${head}${statement === "" ? "" : `: ${cutTo(statement, 100)}`}${tailOf(sight)}`;
}

/** A statement in one line, from where it says something. */
function headline(statement: string): string {
  const bare = statement.replace(/^(?:\s+|--.*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, "");
  // Outside a transaction the row of the history goes with the statement.
  const [own = ""] = bare.split("\n;\n");
  return own.replace(/[\s;]+$/, "").replace(/\s+/g, " ");
}

/** A time that is still running, in whole seconds: `12 s`, `2 min 5 s`. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function tailOf({ blockers, percent, phase }: Sight): string {
  const share = percent === undefined ? "" : ` ${percent} %`;
  const progress = phase === undefined ? "" : ` [${phase}${share}]`;
  const waits = blockers.length === 0 ? "" : `, waits for ${blockers.join("; ")}`;
  return `${progress}${waits}`;
}
