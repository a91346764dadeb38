import { Command } from "@commander-js/extra-typings";
import { EventEmitter } from "node:events";
import { runProgram } from "../../src/cli/program.ts";
import { enter } from "../../src/entry.ts";

/** What each of the crashes is about. */
export const SECRET = `planted'pass"word/1%\\\${x} ü`;

/** Every way in which a program may come to an end that nobody thought of. */
export const CRASHES: Readonly<Record<string, () => unknown>> = {
  "an error": () => {
    throw new Error(`cannot use ${SECRET}`);
  },
  "an error of several lines": () => {
    throw new Error(`one\n${encodeURIComponent(SECRET)}\nthree ${JSON.stringify(SECRET)}`);
  },
  "an error with causes": () => {
    const inner = new Error(`inner ${SECRET}`, { cause: { password: SECRET } });
    throw new TypeError("outer", { cause: new AggregateError([inner, SECRET], "several") });
  },
  "an error that causes itself": () => {
    const error = new Error(`again ${SECRET}`);
    error.cause = error;
    throw error;
  },
  "a stack": () => {
    const error = new Error("plain");
    error.stack = `Error: plain\n    at ${SECRET} (file.ts:1:1)`;
    throw error;
  },
  "a text": () => {
    throw SECRET;
  },
  "an object": () => {
    throw { password: SECRET };
  },
  "what has no text": () => {
    throw Object.create(null, { x: { value: 1n, enumerable: true } });
  },
  "a rejection that nobody awaits": () => {
    Promise.reject(new Error(SECRET));
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  "an error in a timer": () => {
    setTimeout(() => {
      throw new Error("later", { cause: new Error(SECRET) });
    });
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  "an error of an emitter that nobody listens to": () => {
    setTimeout(() => new EventEmitter().emit("error", new Error(SECRET)));
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  },
};

if (import.meta.main) {
  await enter(async (world) => {
    const how = world.args.find((arg) => arg in CRASHES) ?? "";
    const told = Promise.withResolvers<never>();
    // What was made for the run is ended, and the program told to stop.
    const release = world.lastly?.(async () => await world.err("what was made is revoked\n"));
    world.signal.addEventListener("abort", () => told.reject(new Error(`stopped: ${SECRET}`)));
    try {
      return await runProgram(
        { ...world, args: world.args.filter((arg) => arg !== how) },
        (run) => {
          run.secrets.learn(SECRET);
          const program = new Command("crashing").option("--json").action(async () => {
            await Promise.race([CRASHES[how]?.(), told.promise]);
          });
          return { program, standard: program };
        },
      );
    } finally {
      release?.();
      world.err("wound down\n");
    }
  });
}
