import { outOfReach } from "../out_of_reach.ts";

/** What a file held, or why that cannot be told. */
export type TextFile =
  | {
    readonly text: string;
    /** Set when every user may read it: what to do about that. */
    readonly open: OpenToAll | undefined;
  }
  | {
    readonly fault: string;
    readonly missing: boolean;
    /** One instruction, where the fault asks for another than usual. */
    readonly remedy?: string | undefined;
    readonly cause?: unknown;
  };

/** A file that every user may read. */
export interface OpenToAll {
  /** One instruction: `chmod 600 token`. */
  readonly remedy: string;
  /** Whether Kubernetes put it there: then every user means those of the container. */
  readonly byKubernetes: boolean;
}

/** More than any configuration; a file beyond it was named by mistake. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a small text file, without its byte order mark. The file may also be a pipe, as a shell
 * makes one for `<(command)`, so nothing is known of its size beforehand.
 */
export async function readTextFile(path: string): Promise<TextFile> {
  try {
    const info = await Deno.stat(path);
    if (info.isDirectory) return { fault: "is a directory", missing: false };
    using file = await Deno.open(path);
    const bytes = await readUpTo(file, MAX_BYTES);
    if (bytes === undefined) return { fault: "is larger than 1 MiB", missing: false };
    const text = decode(bytes);
    if (text === undefined) return { fault: "is not UTF-8 text", missing: false };
    return { text, open: isOpen(await file.stat()) ? await openness(path) : undefined };
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound;
    const { hint: remedy, state = "is not readable" } = outOfReach(cause) ?? {};
    return { fault: missing ? "does not exist" : state, missing, remedy, cause };
  }
}

/** The rights of the file itself, whatever links lead to it. Of a pipe they mean nothing. */
function isOpen({ isFile, mode }: Deno.FileInfo): boolean {
  // Windows has no such bits, and Deno invents a mode without them.
  return Deno.build.os !== "windows" && isFile && mode !== null && (mode & 0o004) !== 0;
}

async function openness(path: string): Promise<OpenToAll> {
  // https://pkg.go.dev/k8s.io/kubernetes/pkg/volume/util#AtomicWriter: every file of a volume is a
  // link into "..data", which is one to the folder of the present content.
  const target = await Deno.readLink(path).catch(() => "");
  const byKubernetes = target.startsWith("..data/");
  return {
    remedy: byKubernetes
      ? "set defaultMode: 0440 in the volume, and fsGroup in the pod's securityContext"
      : `chmod 600 ${path}`,
    byKubernetes,
  };
}

async function readUpTo(file: Deno.FsFile, limit: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(limit + 1);
  let length = 0;
  for (;;) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) return bytes.subarray(0, length);
    length += count;
    if (length > limit) return undefined;
  }
}

/** A NUL in a text shows that it is UTF-16. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    // The decoder has nothing to say beyond that it is not UTF-8.
    return undefined;
  }
}
