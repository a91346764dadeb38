// deno-lint-ignore-file no-console -- a script prints
import { main, mainOfGenmigrate } from "../src/cli/mod.ts";
import { VARIABLES } from "../src/environment.ts";
import { CODES } from "../src/errors.ts";
import { LOOK_CODES, LOOKS } from "../src/looks.ts";
import {
  CONFIGURATION,
  EXIT_CODES,
  markdown,
  markdownTable,
  RECOVERY,
  VAULT,
} from "../src/topics/mod.ts";
import { type Documented, jsonSchema, schemaPath } from "./json_schema.ts";
import { DIFFERENCES } from "../tests/harness/engine_differences.ts";
import { permissionFlags, programNamed } from "./compile/programs.ts";

/** What stands in the README between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  exits: () => markdown(EXIT_CODES),
  configuration: () => markdown(CONFIGURATION),
  vault: () => markdown(VAULT),
  recovery: () => markdown(RECOVERY),
  environment: () =>
    markdownTable(
      ["variable", "meaning", "default"],
      [...Map.groupBy(VARIABLES, ({ meaning }) => meaning)].map(([meaning, variables]) => [
        variables.map(({ name }) => `\`${name}\``).join(", "),
        meaning,
        variables[0]?.fallback ?? "",
      ]),
    ).join("\n"),
  looks: () => markdownTable(["look", "what it tells"], Object.entries(LOOKS)).join("\n"),
  differences: () =>
    Object.entries(DIFFERENCES).map(([name, { says }]) => item(`\`${name}\`: ${says}`)).join("\n"),
};

/** Writes the generated parts, or with `--check` says which are stale. */
async function run(args: readonly string[]): Promise<number> {
  const stale: string[] = [];
  const generated: readonly (readonly [string, (present: string) => string | Promise<string>])[] = [
    ["README.md", readme],
    ["deno.json", manifest],
    ...(["migrate", "genmigrate"] as const).map((program) =>
      [schemaPath(program), () => schemaText(program)] as const
    ),
    ["deploy/reference/migrate.md", () => commandsPage("migrate", main)],
    ["deploy/reference/genmigrate.md", () => commandsPage("genmigrate", mainOfGenmigrate)],
    ["deploy/reference/errors.md", errorsPage],
  ];
  for (const [file, renew] of generated) {
    const present = await Deno.readTextFile(file).catch(() => "");
    const fresh = await renew(present);
    if (fresh === present) continue;
    stale.push(file);
    if (!args.includes("--check")) await Deno.writeTextFile(file, fresh);
  }
  if (stale.length === 0) return 0;
  if (!args.includes("--check")) return 0;
  console.error(`${stale.join(", ")}: stale, run deno task docs`);
  return 1;
}

const WRITTEN = "Written by `deno task docs` from the program itself.";

/** The help of a program and of each of its commands. */
async function commandsPage(name: string, program: typeof main): Promise<string> {
  // The lines of what can be typed first: a word, a tab, what it is.
  const words = (await helpOf(["__complete", ""], program)).split("\n").flatMap((line) =>
    line.includes("\t") ? [line.split("\t")[0] ?? ""] : []
  );
  const parts = await Promise.all(
    ["", ...words].map(async (command) => {
      const help = await helpOf([...(command === "" ? [] : [command]), "--help"], program);
      return `## ${`${name} ${command}`.trim()}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
    }),
  );
  return `# Commands of ${name}\n\n${WRITTEN}\n\n${parts.join("\n")}`;
}

/** What each code means. */
function errorsPage(): string {
  const errors = Object.entries(CODES).map(([code, [exit, meaning]]) => [
    `\`${code}\``,
    String(exit),
    meaning,
  ]);
  const looks = Object.entries(LOOK_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return [
    "# Error codes",
    `${WRITTEN} \`migrate help errors\` prints the same,\n\`migrate help <code>\` explains one.`,
    markdownTable(["code", "exit", "meaning"], errors).join("\n"),
    "`migrate doctor` has these besides:",
    markdownTable(["code", "meaning"], looks).join("\n"),
  ].join("\n\n") + "\n";
}

function schemaText(program: Documented): string {
  return `${JSON.stringify(jsonSchema(program), null, 2)}\n`;
}

async function readme(text: string): Promise<string> {
  let result = text;
  for (const [name, make] of Object.entries(PARTS)) {
    const pattern = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(\n<!-- end ${name} -->)`);
    if (!pattern.test(result)) throw new Error(`README.md has no place for "${name}"`);
    const part = await make();
    result = result.replace(pattern, (_, begin, end) => `${begin}\n${part}\n${end}`);
  }
  return result;
}

/** The tasks run with the permissions of the compiled programs; `gen` may also start a server. */
function manifest(text: string): string {
  const tasks = [
    { program: "migrate", entry: "src/migrate.ts", more: "" },
    { program: "genmigrate", entry: "scripts/gen.ts", more: "deno," },
  ];
  return tasks.reduce((result, { entry, more, program }) => {
    const flags = permissionFlags(programNamed(program), "linux").join(" ")
      .replace("--allow-run=", `--allow-run=${more}`);
    const command = new RegExp(`("command": "deno run -q) .* (${entry}")`);
    return result.replace(command, (_, begin, end) => `${begin} ${flags} ${end}`);
  }, text);
}

async function helpOf(args: readonly string[], program = main): Promise<string> {
  let text = "";
  await program({
    args,
    env: {},
    signal: new AbortController().signal,
    out: (part) => text += part,
    err: (part) => text += part,
    terminal: { out: false, err: false, columns: 80 },
  });
  return text;
}

/** An item of a list as `deno fmt` lays it out: what stands in backticks is not broken. */
function item(text: string): string {
  const words = text.match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > 98) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return `- ${lines.join("\n  ")}`;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
