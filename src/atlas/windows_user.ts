import { memory, readWide, wide, type WindowsApi } from "./windows_api.ts";

const TOKEN_QUERY = 0x0008;
const TOKEN_USER = 1;
const SDDL_REVISION = 1;

/** A `SECURITY_ATTRIBUTES` that admits one user, to be handed to a function that creates objects. */
export interface Security extends Disposable {
  readonly attributes: Uint8Array<ArrayBuffer>;
}

/**
 * Makes the access rules that admit the user of this process and nobody else. Without them every
 * local user may read a named pipe.
 *
 * @throws {Error} with the number of the Windows error.
 */
export function currentUserOnly(api: WindowsApi): Security {
  // Protected, and all rights: whoever adds an instance to a pipe needs more than reading.
  const sddl = `D:P(A;;GA;;;${currentUser(api)})`;
  const out = memory(8);
  check(
    api,
    api.ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(sddl), SDDL_REVISION, out, null),
    "ConvertStringSecurityDescriptorToSecurityDescriptorW",
  );
  const descriptor = new DataView(out.buffer).getBigUint64(0, true);
  // SECURITY_ATTRIBUTES: u32 length, padding, pointer, u32 inherit.
  const attributes = memory(24);
  const view = new DataView(attributes.buffer);
  view.setUint32(0, attributes.length, true);
  view.setBigUint64(8, descriptor, true);
  return {
    attributes,
    [Symbol.dispose]() {
      api.LocalFree(Deno.UnsafePointer.create(descriptor));
    },
  };
}

/** The SID of the user of this process, as text: `S-1-5-21-…`. */
function currentUser(api: WindowsApi): string {
  const handle = memory(8);
  check(
    api,
    api.OpenProcessToken(api.GetCurrentProcess(), TOKEN_QUERY, handle),
    "OpenProcessToken",
  );
  const token = new DataView(handle.buffer).getBigUint64(0, true);
  try {
    // TOKEN_USER is a pointer and a flag, and the SID (at most 68 bytes) stands behind them.
    const user = memory(256);
    check(
      api,
      api.GetTokenInformation(token, TOKEN_USER, user, user.length, memory(4)),
      "GetTokenInformation",
    );
    return sidText(api, new DataView(user.buffer).getBigUint64(0, true));
  } finally {
    api.CloseHandle(token);
  }
}

function sidText(api: WindowsApi, sid: bigint): string {
  const out = memory(8);
  check(
    api,
    api.ConvertSidToStringSidW(Deno.UnsafePointer.create(sid), out),
    "ConvertSidToStringSidW",
  );
  const text = Deno.UnsafePointer.create(new DataView(out.buffer).getBigUint64(0, true));
  if (text === null) throw new Error("ConvertSidToStringSidW gave no text");
  try {
    return readWide(text);
  } finally {
    api.LocalFree(text);
  }
}

function check(api: WindowsApi, result: number, name: string): void {
  if (result === 0) throw new Error(`${name} failed with Windows error ${api.GetLastError()}`);
}
