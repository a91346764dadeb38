import type { World } from "../world.ts";

/** Colours for one stream, or none. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/**
 * The colours of a stream: none off a terminal, with `NO_COLOR`, `TERM=dumb` or `--no-color`;
 * `FORCE_COLOR` demands them, or with `0` forbids them (https://no-color.org,
 * https://force-color.org).
 */
export function styleFor(
  world: World,
  options: { readonly stream: "out" | "err"; readonly color: boolean },
): Style {
  const { env, terminal } = world;
  const force = env["FORCE_COLOR"] ?? "";
  const forbidden = !options.color || force === "0" || force === "false";
  const plain = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  const on = !forbidden && (force !== "" || (!plain && terminal[options.stream]));
  const paint = (code: number) => (text: string) => on ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}
