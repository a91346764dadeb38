import { MigrateError } from "../../src/errors.ts";
import { spend } from "./child.ts";
import { atDistance } from "./distance.ts";
import { benchFiles } from "./files.ts";
import type { Site } from "./site.ts";
import type { Address, Tool } from "./tools.ts";

/** What all tools do in turn. */
export interface Race {
  /** `100 files, 5 ms` */
  readonly title: string;
  readonly files: number;
  readonly roundTripMs: number;
  /** Whether all files have been applied before, so that there is nothing to do. */
  readonly applied: boolean;
  readonly rounds: number;
}

/** What came out of a race. */
export interface RaceResult {
  readonly race: Race;
  /** What a round trip really took, in milliseconds. */
  readonly roundTripMs: number;
  /** The times of each tool, in milliseconds, by its name. */
  readonly times: ReadonlyMap<string, readonly number[]>;
}

/** What a race is run with. */
export interface RaceOptions {
  readonly site: Site;
  readonly tools: readonly Tool[];
  /** Applies nothing, and is measured beside the others. */
  readonly floor: Tool;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/**
 * Has all tools do the same in turn, one at a time, so many rounds; each round begins with another
 * tool, so that none always meets what the one before has left.
 *
 * @throws {MigrateError} `bench_failed` when one fails or does not do it; `interrupted`.
 */
export async function runRace(race: Race, options: RaceOptions): Promise<RaceResult> {
  const { floor, signal, site, tell } = options;
  const ground = await site.createDatabase();
  await using distance = await atDistance(race.roundTripMs, ground);
  const times = new Map(
    [...options.tools, floor].map(({ name }): [string, number[]] => [name, []]),
  );
  const lanes = await Promise.all(options.tools.map((tool) => openLane(tool, { race, site })));
  const all = [...lanes, undefined];
  for (const lane of lanes) {
    if (lane.address !== undefined) await apply(lane, { ...lane, address: lane.address }, options);
  }
  for (let round = 0; round < race.rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const lane = all[(round + turn) % all.length];
      tell(`${race.title}: round ${round + 1} of ${race.rounds}, ${(lane?.tool ?? floor).name}`);
      const kept = lane === undefined ? ground : lane.address;
      const address = kept ?? await site.createDatabase();
      const command = (lane?.tool ?? floor).command({
        folder: lane?.folder ?? "",
        address: distance.from(address),
      });
      const { ms } = await spend(command, { env: lane?.tool.env, signal });
      times.get((lane?.tool ?? floor).name)?.push(ms);
      if (lane !== undefined) await check(lane.tool, { address, race, site });
    }
  }
  return { race, roundTripMs: distance.measuredMs, times };
}

/** A tool in a race. */
interface Lane {
  readonly tool: Tool;
  readonly folder: string;
  /** Its database, where it has everything already. */
  readonly address: Address | undefined;
}

async function openLane(
  tool: Tool,
  { race, site }: { readonly race: Race; readonly site: Site },
): Promise<Lane> {
  const folder = await site.filesFor(tool, benchFiles(race.files));
  return { tool, folder, address: race.applied ? await site.createDatabase() : undefined };
}

async function apply(
  { folder, tool }: Lane,
  { address }: { readonly address: Address },
  { signal, tell }: RaceOptions,
): Promise<void> {
  tell(`${tool.name} makes its database`);
  await spend(tool.command({ folder, address }), { env: tool.env, signal });
}

/** A tool that did less is not faster. */
async function check(
  { name }: Tool,
  { address, race, site }: {
    readonly address: Address;
    readonly race: Race;
    readonly site: Site;
  },
): Promise<void> {
  const [row] = await site.query(
    address.dbname,
    "select count(*)::int as n from pg_indexes where indexname ~ '^asset_\\d+_project$'",
  );
  if (row?.["n"] === race.files) return;
  throw new MigrateError(
    "bench_failed",
    `Cannot measure ${name}: it made ${row?.["n"]} of ${race.files} tables`,
    { hint: "Run it by hand, or leave it out with --tools" },
  );
}
