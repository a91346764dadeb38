import type { Migration } from "../../migrations/mod.ts";
import { nameOf } from "../../failure.ts";
import type { Outcome } from "../../report.ts";
import { type Fault, faultsOf, type Rendering } from "./fault.ts";
import { type Element, element, xmlDocument } from "./xml.ts";

/** One file of a run. */
interface Case {
  readonly element: Element;
  readonly kind: "passed" | "failure" | "error" | "skipped";
}

/**
 * The run as JUnit XML, the dialect that Jenkins, GitLab and others read: a suite for each
 * database, a case for each file that was to be applied.
 * https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
 */
export function junit(outcomes: readonly Outcome[], rendering: Rendering): string {
  const suites = outcomes.map((outcome) => {
    const cases = casesOf(outcome, rendering);
    const seconds = (outcome.report?.elapsedMs ?? 0) / 1000;
    return { name: outcome.name ?? "migrate", cases, seconds };
  });
  const all = suites.flatMap(({ cases }) => cases);
  const time = suites.reduce((sum, { seconds }) => sum + seconds, 0);
  return xmlDocument(element(
    "testsuites",
    { name: "migrate", ...counts(all, ["tests", "failures", "errors"]), time: time.toFixed(3) },
    suites.map(({ cases, name, seconds }) =>
      element(
        "testsuite",
        {
          name,
          ...counts(cases, ["tests", "failures", "errors", "skipped"]),
          time: seconds.toFixed(3),
        },
        cases.map((each) => each.element),
      )
    ),
  ));
}

function counts(
  cases: readonly Case[],
  names: readonly ("tests" | "failures" | "errors" | "skipped")[],
): Record<string, string> {
  const count = (kind: Case["kind"]) => cases.filter((each) => each.kind === kind).length;
  const numbers = {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
  return Object.fromEntries(names.map((name) => [name, String(numbers[name])]));
}

function casesOf(outcome: Outcome, rendering: Rendering): readonly Case[] {
  const { name, report, state } = outcome;
  const [fault] = faultsOf(outcome, rendering);
  const testcase = (migration: Migration, seconds: number, children: readonly Element[] = []) =>
    element("testcase", {
      name: nameOf(migration),
      classname: migration.layer ?? "migrations",
      file: rendering.pathOf(migration.path),
      time: seconds.toFixed(3),
    }, children);
  const skipped = (migration: Migration, message: string): Case => ({
    kind: "skipped",
    element: testcase(migration, 0, [element("skipped", { message })]),
  });
  const whole = (kind: Case["kind"], child: Element): Case => ({
    kind,
    element: element("testcase", { name: "migrate", classname: name ?? "migrate" }, [child]),
  });
  if (state === "skipped") {
    return [whole("skipped", element("skipped", { message: "not begun" }))];
  }
  const failed = fault === undefined
    ? []
    : report?.failed === undefined
    ? [whole("error", verdict("error", fault))]
    : [failedCase(report.failed, { fault, testcase })];
  return [
    ...(report?.applied ?? []).map(({ elapsedMs, migration }): Case => ({
      kind: "passed",
      element: testcase(migration, elapsedMs / 1000),
    })),
    ...failed,
    ...(report?.notStarted ?? []).map((migration) => skipped(migration, "not reached")),
    ...(report?.skipped ?? []).map((migration) => skipped(migration, "passed over, as asked")),
  ];
}

function failedCase(
  migration: Migration,
  { fault, testcase }: {
    readonly fault: Fault;
    readonly testcase: (
      migration: Migration,
      seconds: number,
      children: readonly Element[],
    ) => Element;
  },
): Case {
  // A stop or a lost connection says nothing about the file.
  const kind = fault.code === "migration_failed" ? "failure" : "error";
  return { kind, element: testcase(migration, 0, [verdict(kind, fault)]) };
}

function verdict(kind: "failure" | "error", { code, message, sql, text }: Fault): Element {
  const statement = sql === undefined ? "" : `\n\n${sql}`;
  return element(kind, { type: code, message }, [], `${text}${statement}`);
}
