import fc from "fast-check";
import type { ExecOrder, TxMode } from "../../src/migrations/mod.ts";

/** How a directory names its versions. */
const SCHEMES: Readonly<Record<string, (slot: number) => string>> = {
  numbers: (slot) => String(slot).padStart(4, "0"),
  stamps: (slot) => String(20240101000000 + slot * 1000),
  points: (slot) => `1.${String(slot).padStart(2, "0")}.0`,
  dates: (slot) => `202401${String(slot).padStart(2, "0")}`,
  // Sorted as bytes, 10 stands before 2.
  bare: (slot) => String(slot),
};

/** What a file may do, statement by statement. */
const DEEDS = {
  table: (id: string) => [`create table t${id} (id int primary key, note text default 'a;b')`],
  log: (id: string) => [
    "create table if not exists public.log (n serial, what text)",
    `insert into public.log (what) values ('${id}')`,
  ],
  function: (id: string) => [
    `create function f${id}() returns int language sql as $body$\n  select 1; -- ;\n$body$`,
  ],
  view: (id: string) => [`create view v${id} as -- ; no end\n  select ';' as semicolon`],
  enum: (id: string) => [`create type e${id} as enum ('a', 'b;')`],
  schema: (id: string) => [`create schema s${id}`, `create table s${id}.t (i int)`],
  sequence: (id: string) => [`create sequence q${id}`, `select nextval('q${id}')`],
  block: (id: string) => [`do $$ begin perform 1; execute 'create table d${id} (i int)'; end $$`],
  // Fails in a transaction, and works outside.
  concurrent: (id: string) => [
    `create table c${id} (i int)`,
    `create index concurrently c${id}_i on c${id} (i)`,
  ],
  comment: (id: string) => [`/* ; */ comment on schema public is '${id}'`],
} as const;
export type Deed = keyof typeof DEEDS;

/** What may stop a file. */
const FAILURES = {
  syntax: () => ["selec 1"],
  // A statement over several lines has another form of place in the error.
  missing_table: () => ["insert into\n  nowhere (é, i)\nvalues (1, 2)"],
  division: () => ["select 1/0"],
  unique: (id: string) => [
    `create table u${id} (i int primary key)`,
    `insert into u${id} values (1), (1)`,
  ],
  // In a transaction it fails with the commit, else with the statement.
  deferred: (id: string) => [
    `create table p${id} (i int primary key)`,
    `create table k${id} (i int references p${id} deferrable initially deferred)`,
    `insert into k${id} values (1)`,
  ],
  raise: () => [
    "do $$ begin raise exception 'no: %', ';' using errcode = 'XX123', detail = 'd', hint = 'h'; end $$",
  ],
  open_quote: () => ["select 'it"],
  // Right only as the very first.
  isolation: () => ["set transaction isolation level serializable"],
  // What is executed in a file of its own mode after others have succeeded.
  begin: (id: string) => ["begin", `create table b${id} (i int)`, "commit"],
  open_transaction: (id: string) => ["begin", `create table o${id} (i int)`],
} as const;
export type Failure = keyof typeof FAILURES;

/** What becomes of a failure once somebody repairs it. */
export const REPAIRS = ["replaced", "removed", "longer", "rewritten"] as const;

/** One file of a directory, over the time of a story. */
export interface StoryFile {
  /** Its place among the others. */
  readonly slot: number;
  readonly about: string;
  readonly directive: string | undefined;
  readonly checkpoint: boolean;
  /** Whether its statements end with a delimiter of its own. */
  readonly delimiter: boolean;
  readonly deeds: readonly Deed[];
  /** The step from which it exists. */
  readonly arrives: number;
  /** The step from which it is gone. */
  readonly leaves: number;
  readonly failure:
    | {
      readonly kind: Failure;
      /** Before which deed. */
      readonly at: number;
      /** The step from which it is repaired. */
      readonly until: number;
      readonly repair: (typeof REPAIRS)[number];
    }
    | undefined;
  /** The step from which it is another, although it may have been applied. */
  readonly edited: number;
  readonly renamed: number;
  /** Whether it ends with a setting that is meant for nobody else. */
  readonly settings: boolean;
}

/** Who applies in the history that is worked on by turns. */
export const HANDS = ["atlas by hand", "atlas", "embedded"] as const;
export type Hand = (typeof HANDS)[number];

/** One call of `migrate apply`. */
export interface StoryStep {
  readonly amount: number | undefined;
  readonly txMode: TxMode;
  readonly execOrder: ExecOrder;
  /** The slot of a file, whether it exists or not. */
  readonly baseline: number | undefined;
  readonly allowDirty: boolean;
  readonly dryRun: boolean;
  readonly pipeline: boolean;
  readonly by: Hand;
}

/** A directory of some project, and all that is done with it. */
export interface Story {
  readonly scheme: string;
  /** What stands in the database before. */
  readonly before: keyof typeof BEFORE;
  readonly files: readonly StoryFile[];
  readonly steps: readonly StoryStep[];
  /** What else lies in the directory in the last step, which `migrate` does not take. */
  readonly odd: keyof typeof ODD | undefined;
}

/** What may be wrong with a directory as a whole, by the code of the refusal: a file like no other. */
const ODD = {
  duplicate_version: (first: Standing) => [`${first.version}_twin.sql`, "select 'twin';\n"],
  migration_encoding: () => ["zz_nul.sql", "select '\0';\n"],
} as const;

/** What a database may hold that has no history. */
export const BEFORE = {
  nothing: "",
  // Of these Atlas takes no notice.
  function:
    "create function old() returns int language sql as 'select 1'; create view older as select 1",
  table: "create table old (i int)",
  schema: "create schema old",
} as const;

const NEVER = 99;

/** Something rare. */
function seldom<T, U>(value: fc.Arbitrary<T>, otherwise: U, weight: number): fc.Arbitrary<T | U> {
  return fc.oneof(
    { weight: 100 - weight, arbitrary: fc.constant(otherwise) },
    { weight, arbitrary: value },
  );
}

function filesOver(steps: number): fc.Arbitrary<readonly StoryFile[]> {
  const step = fc.integer({ min: 1, max: steps });
  const file = fc.record({
    slot: fc.integer({ min: 1, max: 30 }),
    about: fc.constantFrom("a", "b_c", "x-y.up", ""),
    directive: seldom(
      fc.oneof(
        { weight: 30, arbitrary: fc.constantFrom("none") },
        { weight: 10, arbitrary: fc.constantFrom("file") },
        { weight: 1, arbitrary: fc.constantFrom("all", "bogus", "none\n-- atlas:txmode file") },
      ),
      undefined,
      45,
    ),
    checkpoint: seldom(fc.constant(true), false, 6),
    delimiter: seldom(fc.constant(true), false, 8),
    deeds: fc.array(fc.constantFrom(...Object.keys(DEEDS) as Deed[]), { maxLength: 4 }),
    arrives: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.integer({ min: 0, max: steps - 1 }) },
    ),
    leaves: seldom(step, NEVER, 4),
    failure: seldom(
      fc.record({
        kind: fc.constantFrom(...Object.keys(FAILURES) as Failure[]),
        at: fc.integer({ min: 0, max: 4 }),
        until: step,
        repair: fc.constantFrom(...REPAIRS),
      }),
      undefined,
      35,
    ),
    edited: seldom(step, NEVER, 5),
    renamed: seldom(step, NEVER, 3),
    settings: seldom(fc.constant(true), false, 5),
  });
  return fc.uniqueArray(file, { minLength: 1, maxLength: 6, selector: ({ slot }) => slot })
    .map((files) => files.toSorted((a, b) => a.slot - b.slot));
}

const stepOf: fc.Arbitrary<StoryStep> = fc.record({
  amount: seldom(fc.integer({ min: 1, max: 3 }), undefined, 35),
  txMode: seldom(fc.constantFrom("all", "none", "none"), "file", 30),
  execOrder: seldom(fc.constantFrom("linear-skip", "non-linear"), "linear", 50),
  baseline: seldom(fc.integer({ min: 1, max: 30 }), undefined, 12),
  allowDirty: seldom(fc.constant(true), false, 25),
  dryRun: seldom(fc.constant(true), false, 8),
  pipeline: fc.boolean(),
  by: fc.constantFrom(...HANDS),
});

/** Any directory that Atlas might meet, and any calls. */
export const stories: fc.Arbitrary<Story> = fc.array(stepOf, { minLength: 2, maxLength: 4 }).chain(
  (steps) =>
    fc.record({
      scheme: fc.constantFrom(...Object.keys(SCHEMES)),
      before: seldom(
        fc.constantFrom(...Object.keys(BEFORE) as (keyof typeof BEFORE)[]),
        "nothing" as const,
        25,
      ),
      files: filesOver(steps.length),
      steps: fc.constant(steps),
      odd: seldom(fc.constantFrom(...Object.keys(ODD) as (keyof typeof ODD)[]), undefined, 8),
      about: seldom(aboutOf, undefined, 55),
    }),
).map(({ about, ...story }) => {
  const steps = story.steps.map((step) => onKnownFile(step, story.files));
  return about === undefined ? { ...story, steps } : focus({ ...story, steps }, about);
});

/** What chance alone brings too seldom, at one of the files. */
type Plot =
  /** Outside a transaction it fails half-way, and is repaired or gone later. */
  | "half done"
  /** It begins with what must come first in a transaction. */
  | "first"
  /** It wants a transaction where the others have none. */
  | "own mode";

interface About {
  readonly plot: Plot;
  readonly at: number;
  readonly kind: Failure;
  readonly repair: (typeof REPAIRS)[number];
  /** How many steps after it has come it is repaired. */
  readonly repaired: number;
  /** Whether it comes when those above it are applied. */
  readonly late: boolean;
  /** Whether it is gone once it has failed. */
  readonly gone: boolean;
  readonly directive: string | undefined;
}

const aboutOf: fc.Arbitrary<About> = fc.record({
  plot: fc.oneof(
    { weight: 8, arbitrary: fc.constant("half done" as const) },
    { weight: 1, arbitrary: fc.constant("first" as const) },
    { weight: 1, arbitrary: fc.constant("own mode" as const) },
  ),
  at: fc.nat(),
  kind: fc.constantFrom("syntax", "missing_table", "division", "unique", "deferred"),
  repair: fc.constantFrom(...REPAIRS),
  repaired: fc.integer({ min: 1, max: 2 }),
  late: fc.boolean(),
  gone: seldom(fc.constant(true), false, 20),
  directive: fc.constantFrom("none", undefined),
});

function focus(story: Omit<Story, "about">, about: About): Story {
  const { files, steps } = story;
  const late = about.late && about.plot === "half done" && files.length > 2;
  // What comes late must stand between the others.
  const chosen = late ? 1 + about.at % (files.length - 2) : about.at % files.length;
  const first = late ? 1 : 0;
  const txMode = about.plot === "own mode" ||
      (about.plot === "half done" && about.directive === undefined)
    ? "none"
    : "file";
  return {
    ...story,
    files: files.map((file, index) =>
      index === chosen ? chosenFile(file, about, first) : undisturbed(file)
    ),
    steps: steps.map((step, index): StoryStep =>
      index > first ? step : {
        ...step,
        ...{ amount: undefined, baseline: undefined, dryRun: false, allowDirty: true },
        txMode: index === first ? txMode : "file",
        execOrder: "non-linear",
      }
    ),
  };
}

function chosenFile(file: StoryFile, about: About, first: number): StoryFile {
  const { directive, gone, kind, plot, repair, repaired } = about;
  const own = { ...file, arrives: first, leaves: gone ? first + 1 : NEVER, checkpoint: false };
  if (plot === "own mode") return { ...own, directive: "file" };
  const deeds: readonly Deed[] = ["table", ...file.deeds];
  if (plot === "first") {
    const failure = { kind: "isolation", repair, at: 0, until: NEVER } as const;
    return { ...own, deeds, directive: undefined, failure };
  }
  return { ...own, deeds, directive, failure: { kind, repair, at: 1, until: first + repaired } };
}

/** One of the others: there from the start, and without a failure. */
function undisturbed(file: StoryFile): StoryFile {
  return {
    ...file,
    directive: file.directive === "none" ? "none" : undefined,
    checkpoint: false,
    arrives: 0,
    failure: undefined,
    deeds: file.deeds.map((deed) => deed === "concurrent" ? "table" : deed),
  };
}

/** A baseline is mostly one of the files. */
function onKnownFile(step: StoryStep, files: readonly StoryFile[]): StoryStep {
  if (step.baseline === undefined || step.baseline % 5 === 0) return step;
  return { ...step, baseline: files[step.baseline % files.length]?.slot };
}

/** The version of a slot. */
export function versionOf({ scheme }: Story, slot: number): string {
  return (SCHEMES[scheme] ?? String)(slot);
}

/** A file as it stands in the directory at one step. */
export interface Standing {
  readonly name: string;
  readonly version: string;
  readonly text: string;
  readonly file: StoryFile;
}

/** What is odd about the directory at one step. */
export function oddAt(story: Story, step: number): keyof typeof ODD | undefined {
  return step === story.steps.length - 1 && directoryAt(story, step).length > 0
    ? story.odd
    : undefined;
}

/** The files of the directory at one step, whatever they are. */
export function textsAt(story: Story, step: number): Readonly<Record<string, string>> {
  const standing = directoryAt(story, step);
  const texts = standing.map(({ name, text }) => [name, text] as const);
  const odd = oddAt(story, step);
  const [first] = standing;
  return Object.fromEntries(
    odd === undefined || first === undefined ? texts : [...texts, ODD[odd](first)],
  );
}

/** The directory at one step. */
export function directoryAt(story: Story, step: number): readonly Standing[] {
  return story.files.filter(({ arrives, leaves }) => arrives <= step && step < leaves).map(
    (file) => {
      const version = versionOf(story, file.slot);
      const about = step >= file.renamed ? `${file.about}2` : file.about;
      return {
        name: `${version}${about === "" ? "" : `_${about}`}.sql`,
        version,
        text: textAt(file, step),
        file,
      };
    },
  );
}

function textAt(file: StoryFile, step: number): string {
  const { delimiter, failure } = file;
  const statements = file.deeds.flatMap((deed, k) => DEEDS[deed](`${file.slot}_${k}`));
  if (failure !== undefined) {
    const id = `${file.slot}_f`;
    const broken = FAILURES[failure.kind](id);
    const repaired = {
      replaced: [...broken.slice(0, -1), `create table r${id} (i int)`],
      removed: broken.slice(0, -1),
      longer: [...broken.slice(0, -1), `create table r${id} (i int)`, "select 1", "select 2"],
      rewritten: [`create table r${id} (i int)`],
    }[failure.repair];
    const at = Math.min(failure.at, statements.length);
    statements.splice(at, 0, ...(step < failure.until ? broken : repaired));
    // Somebody also touches what was executed already.
    if (step >= failure.until && failure.repair === "rewritten") statements.unshift("select 0");
  }
  if (step >= file.edited) statements.push("select 'edited'");
  if (file.settings) {
    statements.push(`create schema x${file.slot}`, `set search_path = x${file.slot}, public`);
  }
  const head = [
    ...(delimiter ? ["-- atlas:delimiter \\n--;;\\n"] : []),
    ...(file.checkpoint ? ["-- atlas:checkpoint v1"] : []),
    ...(file.directive === undefined ? [] : [`-- atlas:txmode ${file.directive}`]),
  ];
  const end = delimiter ? "\n--;;\n" : ";\n";
  const body = statements.map((statement) => `${statement}${end}`).join("");
  return head.length === 0 ? body : `${head.join("\n")}\n\n${body}`;
}
