import { type Catalog, type RelationName, writtenName } from "./catalog.ts";
import type { Finding } from "./finding.ts";
import { judgeTree, unknown } from "./statement.ts";
import { child, nameOfParts, relationOf, text, type Tree, unwrap } from "./tree.ts";
import { children } from "./tree.ts";

/**
 * Judges the statements of a run in their order: what an earlier one creates is new to a later one,
 * and what it changes is no longer as the catalog has it.
 */
export class Judge {
  readonly #catalog: Catalog;
  readonly #made = new Set<string>();
  readonly #madeFunctions = new Set<string>();
  readonly #changed = new Set<string>();
  /** Whether something ran of which nobody knows what it changed. */
  #blind = false;
  /** Whether names without a schema still mean what the catalog was asked about. */
  #lost = false;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** A file begins: in it, the search path is that of the session again. */
  beginFile(): void {
    this.#lost = false;
    // Made in a file whose search path was its own.
    for (const name of this.#made) if (!name.includes(".")) this.#made.delete(name);
  }

  /** Judges one statement by its parse trees; without any, it could not be read. */
  judge(trees: readonly unknown[] | undefined): readonly Finding[] {
    const findings = trees === undefined
      ? [unknown("a statement that PostgreSQL's grammar does not know")]
      : trees.flatMap((tree) => {
        const found = judgeTree(tree, this.#view()).map((finding) => this.#withoutNew(finding));
        this.#note(tree, found);
        return found;
      });
    if (findings.some(({ rule }) => rule === "unknown")) this.#blind = this.#lost = true;
    return findings;
  }

  /** The catalog as far as it still holds. */
  #view(): Catalog {
    const catalog = this.#catalog;
    return {
      relation: (name) => {
        if (this.#isNew(name) || (this.#lost && name.schema === undefined)) return undefined;
        const facts = catalog.relation(name);
        if (facts === undefined || !(this.#blind || this.#changed.has(facts.name))) return facts;
        return { ...facts, columns: new Map(), constraints: new Map(), stale: true };
      },
      volatility: (name) =>
        this.#blind || this.#madeFunctions.has(name.name) ? undefined : catalog.volatility(name),
      typeKind: (name) => this.#blind ? undefined : catalog.typeKind(name),
    };
  }

  /** Nobody waits for a table that nobody has seen. */
  #withoutNew(finding: Finding): Finding {
    if (finding.rule === "unknown" || finding.rule === "create_table") return finding;
    const locks = finding.locks.filter(({ relation }) => !this.#made.has(relation));
    if (locks.length === finding.locks.length) return finding;
    const { advice: _, ...rest } = finding;
    // The first one is what would be read or written anew.
    if (locks.length === 0) {
      return { ...rest, rule: "new_table", locks, rewrites: "no", scans: "no" };
    }
    return locks[0] === finding.locks[0]
      ? { ...rest, locks }
      : { ...rest, locks, rewrites: "no", scans: "no" };
  }

  #isNew(name: RelationName): boolean {
    return this.#made.has(writtenName(name));
  }

  #note(tree: unknown, found: readonly Finding[]): void {
    const [kind, body] = unwrap(tree);
    if (
      kind === "VariableSetStmt" &&
      /^(?:search_path|role|session_authorization|)$/i.test(text(body, "name"))
    ) {
      this.#lost = true;
    } else if (kind === "CreateStmt") this.#create(body);
    else if (kind === "CreateFunctionStmt") {
      this.#madeFunctions.add(nameOfParts(children(body, "funcname")).name);
    }
    for (const { locks, rule } of found) {
      if (rule === "read" || rule === "insert" || rule === "comment") continue;
      for (const { relation } of locks) this.#changed.add(relation);
    }
  }

  #create(body: Tree): void {
    const name = relationOf(child(body, "relation"));
    if (this.#lost && name.schema === undefined) return;
    // IF NOT EXISTS leaves alone what is there; a drop before would have made room.
    if (body["if_not_exists"] === true && this.#catalog.relation(name) !== undefined) return;
    if (this.#blind && body["if_not_exists"] === true) return;
    this.#made.add(writtenName(name));
  }
}
