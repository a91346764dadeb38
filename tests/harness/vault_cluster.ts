import assert from "node:assert/strict";
import { join } from "node:path";
import { type ApiAnswer, freePorts, spawnVault, until } from "./vault.ts";

/** One server of a cluster. */
export interface Node {
  readonly address: string;
  /** Where the other servers reach it. */
  readonly clusterAddress: string;
  /** What it says of itself, as `sys/health` does. */
  health(): Promise<{ readonly status: number; readonly standby: boolean }>;
  kill(): Promise<void>;
}

/** Two real servers that store the same things, of which one is active. */
export interface Cluster extends AsyncDisposable {
  readonly active: Node;
  readonly standby: Node;
  readonly rootToken: string;
  /** Calls the active one as the administrator. */
  api(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
}

/**
 * Starts both on loopback. `clusterAddress` is what the active one tells the other about where to
 * reach it, if not the truth; without `standbyReads` the other answers nothing by itself.
 */
export async function startCluster(
  program: string,
  options: { readonly clusterAddress?: string; readonly standbyReads?: boolean } = {},
): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "hotpot-cluster-" });
  const first = await startNode(program, { folder, name: "one", ...options });
  const second = await startNode(program, {
    folder,
    name: "two",
    ...(options.standbyReads === undefined ? {} : { standbyReads: options.standbyReads }),
  });
  const { body } = await call(first, "POST", "sys/init", {
    body: { secret_shares: 1, secret_threshold: 1 },
  });
  const { keys: [key], root_token: token } = body;
  await call(first, "POST", "sys/unseal", { body: { key } });
  await until(async () => assert.equal((await first.health()).status, 200));
  const joined = await call(second, "POST", "sys/storage/raft/join", {
    body: { leader_api_addr: first.address },
  });
  assert.equal(joined.status, 200);
  await until(async () => {
    await call(second, "POST", "sys/unseal", { body: { key } });
    assert.equal((await second.health()).status, 429);
  });
  return {
    active: first,
    standby: second,
    rootToken: token,
    api: (method, path, body) => call(first, method, path, { body, token }),
    async [Symbol.asyncDispose]() {
      await first.kill();
      await second.kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function startNode(
  program: string,
  options: {
    readonly folder: string;
    readonly name: string;
    readonly clusterAddress?: string;
    readonly standbyReads?: boolean;
  },
): Promise<Node> {
  const { folder, name } = options;
  const [port, clusterPort] = freePorts(2);
  const address = `http://127.0.0.1:${port}`;
  const clusterAddress = options.clusterAddress ?? `https://127.0.0.1:${clusterPort}`;
  const data = join(folder, name);
  await Deno.mkdir(data);
  const config = join(folder, `${name}.hcl`);
  await Deno.writeTextFile(
    config,
    `storage "raft" {
  path = "${data}"
  node_id = "${name}"
  performance_multiplier = 1
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  cluster_address = "127.0.0.1:${clusterPort}"
  tls_disable = true
}
disable_mlock = true
${options.standbyReads === false ? "disable_standby_reads = true" : ""}
api_addr = "${address}"
cluster_addr = "${clusterAddress}"
`,
  );
  const child = spawnVault(program, config);
  let over = false;
  const node: Node = {
    address,
    clusterAddress,
    async health() {
      const { body, status } = await call(node, "GET", "sys/health");
      return { status, standby: body.standby };
    },
    async kill() {
      if (!over) child.kill("SIGKILL");
      over = true;
      await child.status;
    },
  };
  await until(() => node.health());
  return node;
}

async function call(
  node: Pick<Node, "address">,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly token?: string } = {},
): Promise<ApiAnswer> {
  const { body, token } = options;
  const answer = await fetch(`${node.address}/v1/${path}`, {
    method,
    redirect: "manual",
    headers: token === undefined ? {} : { "x-vault-token": token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
}
