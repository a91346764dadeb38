/** A server between a program and Vault, which holds one of Vault's answers back. */
export interface HeldVault extends AsyncDisposable {
  readonly address: string;
  /** Fulfilled once Vault has answered a call of that path, and the answer is held. */
  readonly reached: Promise<void>;
  /** Lets the answer go on. */
  release(): void;
}

/** Starts one; `path` is the beginning of a path of the API, as `auth/approle/login`. */
export function holdAnswers(vault: string, path: string): HeldVault {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const answer = await fetch(`${vault}${pathname}${search}`, {
        method: request.method,
        headers: { "x-vault-token": request.headers.get("x-vault-token") ?? "" },
        ...(body === "" ? {} : { body }),
      });
      const text = await answer.text();
      if (pathname.startsWith(`/v1/${path}`)) {
        reached.resolve();
        await released.promise;
      }
      return new Response(text === "" ? null : text, { status: answer.status });
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    reached: reached.promise,
    release: released.resolve,
    async [Symbol.asyncDispose]() {
      released.resolve();
      await server.shutdown();
    },
  };
}
