import { EXIT } from "../errors.ts";
import { table, text, type Topic } from "./block.ts";

/** What the exit codes mean. */
export const EXIT_CODES: Topic = {
  name: "exit-codes",
  summary: "how the programs end, for scripts",
  blocks: [
    table(["code", "meaning"], [
      [String(EXIT.done), "done, or nothing to do"],
      [String(EXIT.failed), "the work failed"],
      [String(EXIT.usage), "the call or the configuration is wrong; nothing was begun"],
      [String(EXIT.pending), "`genmigrate check` or `status --exit-code` found something"],
      [String(EXIT.interrupted), "stopped by Ctrl-C (or Ctrl-\\)"],
      [String(EXIT.terminated), "stopped by SIGTERM"],
    ]),
    text(
      "The document of `--json` has a finer, stable `error.code`: `migrate help errors` lists them, and `migrate help <code>` explains one.",
    ),
  ],
};
