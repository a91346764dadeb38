import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** A file in an archive. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/**
 * A `.tar.gz` (POSIX ustar). All files have one time, and root owns them: the same files give the
 * same bytes.
 */
export function tarGz(entries: readonly Entry[], epoch: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const { bytes, executable, name } of entries) {
    blocks.push(tarHeader(name, { size: bytes.length, mode: executable ? 0o755 : 0o644, epoch }));
    blocks.push(bytes, new Uint8Array((512 - bytes.length % 512) % 512));
  }
  blocks.push(new Uint8Array(1024));
  return gzipSync(concat(blocks), { level: 6 });
}

function tarHeader(
  name: string,
  { epoch, mode, size }: { readonly size: number; readonly mode: number; readonly epoch: number },
): Uint8Array {
  if (name.length > 100) throw new Error(`"${name}" is too long for an archive`);
  const header = new Uint8Array(512);
  const text = (at: number, value: string) => header.set(new TextEncoder().encode(value), at);
  const octal = (at: number, width: number, value: number) =>
    text(at, `${value.toString(8).padStart(width - 1, "0")}\0`);
  text(0, name);
  octal(100, 8, mode);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12, epoch);
  text(148, "        ");
  text(156, "0");
  text(257, "ustar\x0000");
  text(265, "root");
  text(297, "root");
  const sum = header.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** A `.zip`, in the same way. */
export function zip(entries: readonly Entry[], epoch: number): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { bytes, executable, name } of entries) {
    const packed = deflateRawSync(bytes, { level: 6 });
    const encoded = new TextEncoder().encode(name);
    // What both headers share: version, UTF-8 names, deflate, time, sum, sizes, length of the name.
    const common = struct([
      ...[[2, 20], [2, 0x0800], [2, 8], [2, dosTime(epoch)], [2, dosDate(epoch)]] as const,
      ...[[4, crc32(bytes)], [4, packed.length], [4, bytes.length]] as const,
      ...[[2, encoded.length], [2, 0]] as const,
    ]);
    const head = concat([struct([[4, 0x0403_4b50]]), common, encoded]);
    local.push(head, packed);
    // Made by Unix (3), so that the mode counts.
    const mode = (executable ? 0o100_755 : 0o100_644) * 0x1_0000;
    central.push(
      struct([[4, 0x0201_4b50], [2, 0x031e]]),
      common,
      struct([[2, 0], [2, 0], [2, 0], [4, mode], [4, offset]]),
      encoded,
    );
    offset += head.length + packed.length;
  }
  const directory = concat(central);
  const end = struct([
    ...[[4, 0x0605_4b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length]] as const,
    ...[[4, directory.length], [4, offset], [2, 0]] as const,
  ]);
  return concat([...local, directory, end]);
}

/** Numbers behind each other, the lowest byte first: `[bytes, value]`. */
function struct(fields: readonly (readonly [number, number])[]): Uint8Array {
  const bytes: number[] = [];
  for (const [width, value] of fields) {
    for (let index = 0; index < width; index++) {
      bytes.push(Math.floor(value / 2 ** (8 * index)) & 255);
    }
  }
  return Uint8Array.from(bytes);
}

function dosTime(epoch: number): number {
  const time = new Date(epoch * 1000);
  return time.getUTCHours() << 11 | time.getUTCMinutes() << 5 | time.getUTCSeconds() >> 1;
}

function dosDate(epoch: number): number {
  const time = new Date(epoch * 1000);
  return time.getUTCFullYear() - 1980 << 9 | time.getUTCMonth() + 1 << 5 | time.getUTCDate();
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
