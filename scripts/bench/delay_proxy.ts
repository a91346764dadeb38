// deno-lint-ignore-file no-console -- a script prints
/**
 * A proxy on loopback that makes the way to a server longer and no narrower: every answer is held
 * for one round trip, counted from its arrival, and so is the first word of each connection, as
 * opening it costs a round trip as well. Arguments: host, port, milliseconds. Prints its port, and
 * ends when its standard input does. A process of its own: whoever is measured waits for nobody else
 * in here.
 */
async function main([host = "", port = "", delay = ""]: readonly string[]): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  (async () => {
    for await (const client of listener) {
      serve(client, { hostname: host, port: Number(port), delayMs: Number(delay) }).catch(() => {});
    }
  })();
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}

async function serve(
  client: Deno.TcpConn,
  { delayMs, ...target }: Deno.ConnectOptions & { readonly delayMs: number },
): Promise<void> {
  using server = await Deno.connect(target);
  using _ = client;
  client.setNoDelay(true);
  server.setNoDelay(true);
  const opened = performance.now();
  await Promise.all([
    relay(client, server, () => opened + delayMs),
    relay(server, client, () => performance.now() + delayMs),
  ]);
}

/** Passes on what comes, in order, each piece when it is due. Reading never waits for writing. */
async function relay(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  dueAt: () => number,
): Promise<void> {
  let last = Promise.resolve();
  const buffer = new Uint8Array(1 << 16);
  for (;;) {
    const size = await from.read(buffer);
    const bytes = size === null ? undefined : buffer.slice(0, size);
    const due = dueAt();
    last = last.then(async () => {
      await until(due);
      if (bytes === undefined) return await to.closeWrite().catch(() => {});
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    });
    last.catch(() => {});
    if (size === null) return await last;
  }
}

async function until(due: number): Promise<void> {
  // A timer keeps whole milliseconds; the rest is too little to see.
  const left = due - performance.now();
  if (left > 0.5) await new Promise((resolve) => setTimeout(resolve, left));
}

if (import.meta.main) await main(Deno.args);
