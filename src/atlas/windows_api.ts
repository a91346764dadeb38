/** A kernel object: a pipe, an event, a process. */
export type Handle = bigint;

/** `INVALID_HANDLE_VALUE` (winbase.h). */
export const INVALID_HANDLE: Handle = 0xffff_ffff_ffff_ffffn;

/** Last errors that are a part of the normal course (winerror.h). */
export const WIN = {
  accessDenied: 5,
  noData: 232,
  pipeConnected: 535,
  ioPending: 997,
} as const;

const KERNEL32 = {
  CancelIoEx: { parameters: ["usize", "pointer"], result: "i32" },
  CloseHandle: { parameters: ["usize"], result: "i32" },
  ConnectNamedPipe: { parameters: ["usize", "pointer"], result: "i32" },
  CreateNamedPipeW: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32", "u32", "buffer"],
    result: "usize",
  },
  CreateToolhelp32Snapshot: { parameters: ["u32", "u32"], result: "usize" },
  DisconnectNamedPipe: { parameters: ["usize"], result: "i32" },
  GetCurrentProcess: { parameters: [], result: "usize" },
  GetLastError: { parameters: [], result: "u32" },
  GetNamedPipeClientProcessId: { parameters: ["usize", "buffer"], result: "i32" },
  GetProcessTimes: {
    parameters: ["usize", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  LocalFree: { parameters: ["pointer"], result: "pointer" },
  OpenProcess: { parameters: ["u32", "i32", "u32"], result: "usize" },
  Process32FirstW: { parameters: ["usize", "buffer"], result: "i32" },
  Process32NextW: { parameters: ["usize", "buffer"], result: "i32" },
  WriteFile: { parameters: ["usize", "pointer", "u32", "pointer", "pointer"], result: "i32" },
} as const;

const ADVAPI32 = {
  ConvertSidToStringSidW: { parameters: ["pointer", "buffer"], result: "i32" },
  ConvertStringSecurityDescriptorToSecurityDescriptorW: {
    parameters: ["buffer", "u32", "buffer", "pointer"],
    result: "i32",
  },
  GetTokenInformation: {
    parameters: ["usize", "u32", "buffer", "u32", "buffer"],
    result: "i32",
  },
  OpenProcessToken: { parameters: ["usize", "u32", "buffer"], result: "i32" },
} as const;

/** The functions of Windows that the pipe needs, by their own names. */
export type WindowsApi =
  & Deno.DynamicLibrary<typeof KERNEL32>["symbols"]
  & Deno.DynamicLibrary<typeof ADVAPI32>["symbols"]
  & Disposable;

/**
 * Loads the functions. Both libraries are among the system's `KnownDLLs`, which are never looked
 * for in the current folder.
 *
 * @throws {Deno.errors.NotCapable} without the permission for FFI.
 */
export function openWindowsApi(): WindowsApi {
  const kernel32 = Deno.dlopen("kernel32.dll", KERNEL32);
  const advapi32 = Deno.dlopen("advapi32.dll", ADVAPI32);
  return {
    ...kernel32.symbols,
    ...advapi32.symbols,
    [Symbol.dispose]() {
      kernel32.close();
      advapi32.close();
    },
  };
}

/**
 * Memory that Windows may keep an address of. A small array made without its own buffer lives in
 * the heap of V8, which moves things.
 */
export function memory(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes));
}

/** A text as Windows takes it: UTF-16 with a zero at the end. */
export function wide(text: string): Uint8Array<ArrayBuffer> {
  const bytes = memory((text.length + 1) * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), true);
  }
  return bytes;
}

/** Reads a zero-terminated UTF-16 text at an address. */
export function readWide(address: Deno.PointerObject): string {
  const view = new Deno.UnsafePointerView(address);
  let text = "";
  for (let offset = 0;; offset += 2) {
    const unit = view.getUint16(offset);
    if (unit === 0) return text;
    text += String.fromCharCode(unit);
  }
}
