import { MigrateError } from "../errors.ts";

/**
 * Reads the bytes of a migration as text, refusing what would not survive being bundled: the text
 * import of the program drops a BOM and replaces invalid UTF-8 in silence, and the sums with them.
 *
 * @throws {MigrateError} `migration_encoding` with the offset of the first byte that is wrong.
 */
export function checkText(bytes: Uint8Array, path: string): string {
  const fault = findFault(bytes, { path, mark: false });
  if (fault !== undefined) throw fault;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * What is wrong with the bytes of a migration. In a file that is only executed a byte order mark is a
 * part of the text, and the server's to judge: `mark` says whether one is allowed.
 */
export function findFault(
  bytes: Uint8Array,
  { mark, path }: { readonly mark: boolean; readonly path: string },
): MigrateError | undefined {
  if (!mark && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return wrong(path, { what: "there is a byte order mark", offset: 0 });
  }
  const fault = faultOf(bytes);
  return fault === undefined ? undefined : wrong(path, fault);
}

interface Fault {
  readonly what: string;
  readonly offset: number;
}

function wrong(path: string, fault: Fault): MigrateError {
  return new MigrateError(
    "migration_encoding",
    `Cannot read "${path}": ${fault.what} at byte ${fault.offset}`,
    {
      hint: "Save the file as UTF-8 without a byte order mark",
      data: { file: path, offset: fault.offset },
    },
  );
}

function faultOf(bytes: Uint8Array): Fault | undefined {
  const nul = bytes.indexOf(0);
  if (nul >= 0) return { what: "there is a NUL", offset: nul };
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return undefined;
  } catch {
    return { what: "the text is not valid UTF-8", offset: invalidOffset(bytes) };
  }
}

/** The offset of the first byte that is not part of a character. */
function invalidOffset(bytes: Uint8Array): number {
  // A decoder writes U+FFFD in place of what it cannot read, and up to there the bytes are the same.
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const repaired = new TextEncoder().encode(decoded);
  let at = repaired.findIndex((byte, index) => byte !== bytes[index]);
  while (isContinuation(repaired[at])) at--;
  return at;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
