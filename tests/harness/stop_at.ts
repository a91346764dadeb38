const CALLS = ["mkdir", "writeTextFile", "open", "rename", "remove", "readTextFile"] as const;

/**
 * Runs `work` until it has made so many calls to the file system, and leaves it there for ever, as if
 * the process had been killed between two of them; with `halfway`, in the middle of a write.
 *
 * @returns whether it came to its end.
 */
export async function stopAt(
  calls: number,
  options: { readonly halfway?: boolean },
  work: () => Promise<unknown>,
): Promise<boolean> {
  const real = Object.fromEntries(CALLS.map((name) => [name, Deno[name]]));
  const stopped = Promise.withResolvers<boolean>();
  let left = calls;
  for (const name of CALLS) {
    const call = real[name] as (...args: readonly unknown[]) => Promise<unknown>;
    const counted = async (...args: readonly unknown[]) => {
      if (left-- > 0) return await call(...args);
      const [path, text] = args;
      if (options.halfway && name === "writeTextFile") {
        await call(path, String(text).slice(0, String(text).length / 2));
      }
      stopped.resolve(false);
      return await new Promise(() => {});
    };
    Object.assign(Deno, { [name]: counted });
  }
  try {
    return await Promise.race([work().then(() => true), stopped.promise]);
  } finally {
    Object.assign(Deno, real);
  }
}
