import { isIP } from "node:net";
import type { LookName } from "../../looks.ts";
import { type Address, addressesOf, planTls, reach } from "../../postgres/mod.ts";
import { fault, type Look, ok, unseen, warning } from "./look.ts";
import { limits, type NetworkRequest, reasonFor } from "./reason.ts";
import { lookAtTls } from "./tls.ts";

/** Follows the way to the server: its addresses, whether they answer, how it is protected. */
export async function* lookAtNetwork(request: NetworkRequest): AsyncGenerator<Look> {
  const { database } = request;
  const path = `${database.host}/.s.PGSQL.${database.port}`;
  if (database.host.startsWith("/")) {
    yield ok("dns", "not needed for a Unix socket");
    yield await lookAtAddresses([{ path }], request);
    yield ok("tls", "not used on a Unix socket");
    return;
  }
  const found = await findAddresses(request);
  yield found.look;
  if (found.addresses.length === 0) {
    yield unseen("tcp", "dns");
    yield unseen("tls", "dns");
    return;
  }
  const tcp = await lookAtAddresses(
    found.addresses.map((host) => ({ host, port: database.port })),
    request,
  );
  yield tcp;
  yield tcp.state === "fault" ? unseen("tls", "tcp") : await guarded("tls", request, async () => {
    return await lookAtTls(await planTls(database), request);
  });
}

async function findAddresses(
  request: NetworkRequest,
): Promise<{ readonly look: Look; readonly addresses: readonly string[] }> {
  const { host } = request.database;
  if (isIP(host) !== 0) return { look: ok("dns", `${host} is an address`), addresses: [host] };
  try {
    const addresses = await addressesOf(host, limits(request));
    return { look: ok("dns", `${host} is ${addresses.join(", ")}`), addresses };
  } catch (error) {
    const reason = reasonFor(error, request);
    const state = `${host}: ${reason.state}`;
    return { look: fault("dns", { ...reason, state }), addresses: [] };
  }
}

/** Tries each address by itself: what connects takes the first that answers, after a while. */
export async function lookAtAddresses(
  addresses: readonly Address[],
  request: NetworkRequest,
): Promise<Look> {
  const tries = await Promise.all(addresses.map(async (address) => {
    try {
      await reach(address, limits(request));
      return { address, reason: undefined };
    } catch (error) {
      return { address, reason: reasonFor(error, request) };
    }
  }));
  const failed = tries.flatMap(({ address, reason }) =>
    reason === undefined ? [] : [{ address, reason }]
  );
  const good = tries.filter(({ reason }) => reason === undefined);
  const [first] = failed;
  const told = failed.map(({ address, reason }) => `${nameOf(address)}: ${reason.state}`);
  if (first === undefined) {
    return ok("tcp", `${good.map(({ address }) => nameOf(address)).join(", ")} answers`);
  }
  if (good.length === 0) return fault("tcp", { ...first.reason, state: told.join("; ") });
  return warning("tcp", `${told.join("; ")}; ${nameOf(good[0]?.address)} answers`, {
    code: first.reason.code,
    fix: "Repair that address, or set database.host to one that answers",
  });
}

/** Makes a look; what it throws is what it found. */
async function guarded(
  name: LookName,
  request: NetworkRequest,
  look: () => Promise<Look>,
): Promise<Look> {
  try {
    return await look();
  } catch (error) {
    return fault(name, reasonFor(error, request));
  }
}

function nameOf(address: Address | undefined): string {
  if (address === undefined) return "";
  if ("path" in address) return address.path;
  const { host, port } = address;
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
