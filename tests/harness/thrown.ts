/** A file of source. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** All sources below some folders. */
export async function sourcesBelow(...folders: readonly string[]): Promise<readonly Source[]> {
  const found: Source[] = [];
  for (const folder of folders) {
    for await (const { isDirectory, name } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) found.push(...await sourcesBelow(path));
      else if (name.endsWith(".ts")) found.push({ path, text: await Deno.readTextFile(path) });
    }
  }
  return found;
}

/** Each error that a source makes, with the texts that may become its hint. */
export function thrown(
  { path, text }: Source,
): readonly { readonly place: string; readonly hint: readonly string[] }[] {
  return [...text.matchAll(/new MigrateError\(/g)].map(({ index }) => {
    const call = text.slice(index, endOf(text, text.indexOf("(", index)));
    const line = text.slice(0, index).split("\n").length;
    const after = /\bhint:([\s\S]*)/.exec(call)?.[1] ?? "";
    const value = after.slice(0, /\n\s*(?:next|details|data|cause|\.\.\.)/.exec(after)?.index);
    return {
      place: `${path}:${line}`,
      hint: [...value.matchAll(/"((?:[^"\\]|\\.)+)"|`((?:[^`\\]|\\.)+)`/g)].map((found) =>
        found[1] ?? found[2] ?? ""
      ),
    };
  });
}

/** Each command of ours that an error names. */
export function commandsOf(
  { path, text }: Source,
): readonly { readonly place: string; readonly text: string }[] {
  const named = /\bcommand: ["`]((?:gen)?migrate\b[^"`]*)["`]|\brun: (genmigrate [a-z]+)/gi;
  return [...text.matchAll(named)].map((found) => ({
    place: `${path}:${text.slice(0, found.index).split("\n").length}`,
    text: found[1] ?? found[2] ?? "",
  }));
}

/** Where the bracket that opens at `start` is closed, past what stands in quotes. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (const found of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[()]/g)) {
    if (found[0] === "(") depth++;
    if (found[0] === ")" && --depth === 0) return start + found.index;
  }
  return text.length;
}
