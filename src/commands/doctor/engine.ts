import { atlasMissing, findAtlas, isTested, TESTED_VERSIONS } from "../../atlas/mod.ts";
import type { EngineName } from "../engine.ts";
import { fault, type Look, ok, warning } from "./look.ts";

/** How long Atlas may take to say its version. */
const ATLAS_MS = 5_000;

/** Looks which engine a run would use, and which Atlas there is. */
export async function lookAtEngine(
  name: EngineName,
  { env, signal, timeoutMs = ATLAS_MS }: {
    readonly env: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly timeoutMs?: number;
  },
): Promise<Look> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const broken = (state: string) =>
    fault("engine", { code: "atlas_failed", state, hint: "Install Atlas anew" });
  let program;
  try {
    program = await Promise.race([findAtlas(env, limit), over(limit)]);
  } catch (error) {
    return broken(`the atlas on the PATH does not run: ${(error as Error).message}`);
  }
  if (limit.aborted) return broken(`the atlas on the PATH is silent for ${timeoutMs / 1000} s`);
  if (program === undefined) {
    if (name === "atlas") return fault("engine", atlasMissing(", or use --engine embedded"));
    return ok("engine", "embedded; no Atlas on the PATH");
  }
  const { edition, path, version } = program;
  const tested = isTested(program);
  const found = `Atlas ${version} (${edition}, ${path})`;
  if (name === "embedded") return ok("engine", `embedded, as asked for; ${found} is there too`);
  if (tested) return ok("engine", found);
  const state = `${found} is not of a tested version (${TESTED_VERSIONS.join(", ")})`;
  if (name === "auto") return ok("engine", `embedded; ${state}`);
  return warning("engine", state, {
    code: "atlas_untested",
    fix: "Install a tested version, or use --engine embedded",
  });
}

/** A child may mind no signal. */
function over(limit: AbortSignal): Promise<undefined> {
  return new Promise((resolve) =>
    limit.addEventListener("abort", () => resolve(undefined), { once: true })
  );
}
