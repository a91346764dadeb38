import { MigrateError } from "../../src/errors.ts";
import { startTethered } from "../tethered.ts";
import type { Address } from "./tools.ts";

/** A way to the server that takes longer. */
export interface Distance extends AsyncDisposable {
  /** The same database, further away. */
  from(address: Address): Address;
  /** What a round trip really takes, in milliseconds. */
  readonly measuredMs: number;
}

const SAMPLES = 25;

/** Puts a server at a distance of so many milliseconds for a round trip; 0 is the server itself. */
export async function atDistance(roundTripMs: number, address: Address): Promise<Distance> {
  if (roundTripMs === 0) {
    return {
      from: (same) => same,
      measuredMs: await measure(address),
      async [Symbol.asyncDispose]() {},
    };
  }
  const proxy = await startTethered(Deno.execPath(), [
    ...["--allow-net", "scripts/bench/delay_proxy.ts"],
    ...[address.host, String(address.port), String(roundTripMs)],
  ]);
  const close = () => proxy[Symbol.asyncDispose]();
  if (proxy.said === undefined) {
    await close();
    throw new MigrateError("bench_failed", "Cannot start the proxy", { hint: "See above" });
  }
  const port = Number(proxy.said);
  const far = (near: Address) => ({ ...near, host: "127.0.0.1", port });
  return {
    from: far,
    measuredMs: await measure(far(address)),
    [Symbol.asyncDispose]: close,
  };
}

/** The median time of a question that costs the server nothing: requests for encryption, refused. */
async function measure({ host, port }: Address): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    using connection = await Deno.connect({ hostname: host, port });
    connection.setNoDelay(true);
    const ask = async (code: number) => {
      await connection.write(new Uint8Array([0, 0, 0, 8, 4, 210, 22, code]));
      await connection.read(new Uint8Array(1));
    };
    // SSLRequest; the first word of a connection pays for the opening too. Then GSSENCRequest:
    // https://www.postgresql.org/docs/current/protocol-message-formats.html
    await ask(47);
    const started = performance.now();
    await ask(48);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[SAMPLES >> 1] ?? 0;
}
