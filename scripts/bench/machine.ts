import { cpus, loadavg, release, totalmem, type } from "node:os";

/** The machine of the numbers, one line for each thing that matters to them. */
export function describeMachine(): readonly string[] {
  const [cpu] = cpus();
  return [
    `${cpu?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${
      Math.round(totalmem() / 2 ** 30)
    } GB; ${type()} ${release()}`,
  ];
}

/** How busy the machine is, in programs that want to run; nothing where nobody counts. */
export function load(): number | undefined {
  const [last] = loadavg();
  return Deno.build.os === "windows" ? undefined : last;
}
