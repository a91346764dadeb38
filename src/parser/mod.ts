import grammar from "./grammar.b64" with { type: "text" };

/** A statement as PostgreSQL's own grammar reads it, or why it cannot. */
export type Parsed = { readonly trees: readonly unknown[] } | { readonly fault: string };

/** Reads statements, several in one text too. */
export type Parse = (sql: string) => Parsed;

interface Grammar {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, at: number, bytes: number): void;
  UTF8ToString(at: number): string;
  getValue(at: number, type: "i32"): number;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _wasm_parse_query_raw(at: number): number;
  _wasm_free_parse_result(at: number): void;
}

/**
 * Loads the parser of PostgreSQL 18, compiled to WebAssembly. Its bytes are inside the program, so
 * that nothing is read from disk; nothing of it is loaded before this is called.
 */
export async function openParser(): Promise<Parse> {
  const packed = Uint8Array.from(atob(grammar), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const compiled = await WebAssembly.compile(await new Response(stream).arrayBuffer());
  const { default: create } = await import("libpg-query");
  const module: Grammar = await create({
    instantiateWasm(imports: WebAssembly.Imports, ready: (instance: WebAssembly.Instance) => void) {
      WebAssembly.instantiate(compiled, imports).then(ready);
      return {};
    },
  });
  return (sql) => parse(module, sql);
}

function parse(module: Grammar, sql: string): Parsed {
  const bytes = module.lengthBytesUTF8(sql) + 1;
  const at = module._malloc(bytes);
  module.stringToUTF8(sql, at, bytes);
  const result = module._wasm_parse_query_raw(at);
  try {
    // PgQueryParseResult: the tree, what was printed, the error.
    const error = module.getValue(result + 8, "i32");
    if (error !== 0) return { fault: module.UTF8ToString(module.getValue(error, "i32")) };
    const document = JSON.parse(module.UTF8ToString(module.getValue(result, "i32")));
    const statements: readonly { readonly stmt: unknown }[] = document.stmts ?? [];
    return { trees: statements.map(({ stmt }) => stmt) };
  } finally {
    module._free(at);
    module._wasm_free_parse_result(result);
  }
}
