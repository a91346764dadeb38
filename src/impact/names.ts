import { type RelationName, writtenName } from "./catalog.ts";
import { children, nameOfParts, relationOf, unwrap, walk } from "./tree.ts";

/** The names in statements that the catalog has to be asked about. */
export interface NamesIn {
  readonly relations: readonly RelationName[];
  readonly functions: readonly RelationName[];
  readonly types: readonly RelationName[];
}

/** Every name of a relation, function or type in parse trees, each as it is written. */
export function namesIn(trees: readonly unknown[]): NamesIn {
  const relations: RelationName[] = [];
  const functions: RelationName[] = [];
  const types: RelationName[] = [];
  for (const [kind, body] of walk(trees)) {
    if (typeof body["relname"] === "string") relations.push(relationOf(body));
    if (kind === "FuncCall") functions.push(nameOfParts(children(body, "funcname")));
    if (kind === "typeName" || kind === "TypeName") {
      types.push(nameOfParts(children(body, "names")));
    }
    if (kind === "DropStmt") {
      for (const object of children(body, "objects")) {
        relations.push(nameOfParts(children(unwrap(object)[1], "items")));
      }
    }
    if (kind === "CommentStmt") {
      const parts = children(unwrap(body["object"])[1], "items");
      relations.push(nameOfParts(parts), nameOfParts(parts.slice(0, -1)));
    }
  }
  return { relations, functions, types };
}

/** The names that statements have, one after the other, each name once. */
export class NameSet implements NamesIn {
  readonly #relations = new Map<string, RelationName>();
  readonly #functions = new Map<string, RelationName>();
  readonly #types = new Map<string, RelationName>();

  /** Adds the names in parse trees. */
  add(trees: readonly unknown[]): void {
    const { functions, relations, types } = namesIn(trees);
    for (const name of relations) this.#relations.set(writtenName(name), name);
    for (const name of functions) this.#functions.set(writtenName(name), name);
    for (const name of types) this.#types.set(writtenName(name), name);
  }

  get relations(): readonly RelationName[] {
    return [...this.#relations.values()];
  }

  get functions(): readonly RelationName[] {
    return [...this.#functions.values()];
  }

  get types(): readonly RelationName[] {
    return [...this.#types.values()];
  }
}
