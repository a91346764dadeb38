import { Argument, Help } from "@commander-js/extra-typings";
import { didYouMean } from "../did_you_mean.ts";
import { CODES, EXIT, MigrateError } from "../errors.ts";
import { errorTopic, plainText, type Topic } from "../topics/mod.ts";
import type { World } from "../world.ts";
import type { Program } from "./program.ts";

/** The widest that a text is set: longer lines are hard to read. */
const MAX_WIDTH = 100;

/**
 * Adds `help [topic]`, which explains a command, a topic or an error code, and names the topics on
 * the first page.
 */
export function addHelp(
  program: Program,
  options: {
    readonly topics: readonly Topic[];
    readonly world: World;
    readonly done: (code: number) => void;
  },
): void {
  const { done, topics, world } = options;
  const name = program.name();
  const known = [...new Help().visibleCommands(program), ...topics].map((each) =>
    typeof each.name === "string" ? each.name : each.name()
  );
  program.helpCommand(false);
  program.addHelpText("after", topicList(name, topics));
  program
    .command("help")
    .description("explain a command, a topic or an error code")
    .addArgument(
      new Argument("[topic]", "what to explain")
        // Completed, and looked up by ourselves.
        .choices(known).argParser((word: string) => word),
    )
    .configureHelp({ argumentDescription: ({ description }) => description })
    .addHelpText("after", `\n${topicList(name, topics)}`)
    .action((word: string | undefined) => {
      const command = program.commands.find((each) => each.name() === word);
      const topic = topics.find((each) => each.name === word) ?? errorTopic(word ?? "");
      if (word === undefined) program.outputHelp();
      else if (command !== undefined) command.outputHelp();
      else if (topic !== undefined) {
        world.out(plainText(topic, Math.min(world.terminal.columns, MAX_WIDTH)));
      } else throw unknown(word, { name, known });
      done(EXIT.done);
    });
}

function topicList(name: string, topics: readonly Topic[]): string {
  const lines = topics.map((topic) => `  ${topic.name.padEnd(15)}${topic.summary}`);
  return `Topics (${name} help <topic>):\n${lines.join("\n")}\n`;
}

function unknown(
  word: string,
  { known, name }: { readonly known: readonly string[]; readonly name: string },
): MigrateError {
  const alike = known.filter((each) => each.startsWith(word.slice(0, 3)));
  const near = didYouMean(word, [...known, ...Object.keys(CODES)]) ||
    (alike.length === 1 ? `; did you mean "${alike[0]}"?` : "");
  return new MigrateError("usage", `Cannot explain "${word}": there is no such topic${near}`, {
    hint: `Run ${name} help, which lists commands and topics`,
    next: [{ command: `${name} help` }],
  });
}
