/** What one file of Go declares, as far as ent types need it. */
export interface GoFile {
  readonly package: string;
  /** A build constraint keeps it out of every build. */
  readonly isIgnored: boolean;
  /** Import paths by the names under which the file knows them; "." for a dot import. */
  readonly imports: ReadonlyMap<string, string>;
  /** The struct types at the top level that have no type parameters. */
  readonly types: readonly GoType[];
}

/** One struct type. */
export interface GoType {
  readonly name: string;
  readonly isExported: boolean;
  readonly embeds: readonly Embedded[];
}

/** A type embedded in a struct: `base.Machine`, or with the qualifier "." one without a package. */
export interface Embedded {
  readonly qualifier: string;
  readonly name: string;
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|[\p{L}_][\p{L}\p{Nd}_]*|\n|\S/gu;

/** Reads the declarations of a Go file. Text that is not Go gives fewer of them, never an error. */
export function readGo(text: string): GoFile {
  const header = text.slice(0, Math.max(0, text.search(/^package\b/m)));
  const reader = new Reader(text);
  return {
    package: /^package\s+(\w+)/m.exec(text)?.[1] ?? "",
    isIgnored: /^\/\/(?:go:build|\s*\+build)\s+ignore\s*$/m.test(header),
    ...reader.readDeclarations(),
  };
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(TOKEN)].map(([token]) => token).filter((token) =>
      !token.startsWith("//") && !token.startsWith("/*")
    );
  }

  readDeclarations(): Pick<GoFile, "imports" | "types"> {
    const imports = new Map<string, string>();
    const types: GoType[] = [];
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      if (token === "import") this.#each(() => this.#readImport(imports));
      else if (token === "type") this.#each(() => this.#readType(types));
      else this.#skip(token);
    }
    return { imports, types };
  }

  /** Reads one declaration, or those between parentheses. */
  #each(read: () => void): void {
    if (this.#tokens[this.#at] !== "(") return read();
    this.#at++;
    for (let token = this.#peek(); token !== undefined && token !== ")"; token = this.#peek()) {
      read();
    }
    this.#at++;
  }

  #readImport(imports: Map<string, string>): void {
    let name: string | undefined;
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      if (/^["`]/.test(token)) {
        const path = token.slice(1, -1);
        imports.set(name ?? packageName(path), path);
        return;
      }
      name = token;
    }
  }

  #readType(types: GoType[]): void {
    const name = this.#next() ?? "";
    if (this.#tokens[this.#at] !== "struct") return this.#skipLine();
    this.#at++;
    types.push({ name, isExported: /^\p{Lu}/u.test(name), embeds: this.#readStruct() });
  }

  /** Reads the fields between braces, and keeps those that are a type alone. */
  #readStruct(): readonly Embedded[] {
    const embeds: Embedded[] = [];
    let line: string[] = [];
    this.#at++;
    for (
      let token = this.#tokens[this.#at++];
      token !== undefined;
      token = this.#tokens[this.#at++]
    ) {
      if (token !== "\n" && token !== ";" && token !== "}") {
        line.push(token);
        this.#skip(token);
        continue;
      }
      const embedded = /^\*?(?:(\w+)\.)?([\p{L}_]\w*)$/u.exec(
        line.filter((part) => !/^["`]/.test(part)).join(" ").replace(/\s*([.*])\s*/g, "$1"),
      );
      if (embedded !== null) {
        embeds.push({ qualifier: embedded[1] ?? ".", name: embedded[2] ?? "" });
      }
      line = [];
      if (token === "}") break;
    }
    return embeds;
  }

  #skipLine(): void {
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if (token === "\n" || token === ";" || token === ")") return;
      this.#at++;
      this.#skip(token);
    }
  }

  /** Skips what a bracket that has just been read encloses. */
  #skip(opened: string): void {
    if (!"([{".includes(opened)) return;
    for (let depth = 1; depth > 0 && this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at] ?? "";
      if ("([{".includes(token)) depth++;
      else if (")]}".includes(token)) depth--;
    }
  }

  #next(): string | undefined {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  /** The next token that is no end of a line. */
  #peek(): string | undefined {
    while (this.#tokens[this.#at] === "\n" || this.#tokens[this.#at] === ";") this.#at++;
    return this.#tokens[this.#at];
  }
}

/** The name that a package most likely has: the last part of its path that is no version. */
function packageName(path: string): string {
  const parts = path.split("/").filter((part) => !/^v\d+$/.test(part));
  return parts.at(-1) ?? path;
}
