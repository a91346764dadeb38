import { type Handle, INVALID_HANDLE, memory, type WindowsApi } from "./windows_api.ts";

const TH32CS_SNAPPROCESS = 0x0002;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

/**
 * Whether a process is another one or was started by it, directly or through others. A number that
 * Windows has given to a new process is not taken for the old one: a child is younger than its
 * parent.
 */
export function descendsFrom(api: WindowsApi, pid: number, ancestor: number): boolean {
  const parents = parentsOf(api);
  let current = pid;
  for (let steps = 0; steps < 64; steps++) {
    if (current === ancestor) return true;
    const parent = parents.get(current);
    if (parent === undefined || parent === 0 || !isYounger(api, current, parent)) return false;
    current = parent;
  }
  return false;
}

/** The parent of every process that runs now. */
function parentsOf(api: WindowsApi): ReadonlyMap<number, number> {
  const parents = new Map<number, number>();
  const snapshot = api.CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (snapshot === INVALID_HANDLE) return parents;
  try {
    // PROCESSENTRY32W: its size at 0, the process at 8, its parent at 32.
    const entry = memory(568);
    const view = new DataView(entry.buffer);
    view.setUint32(0, entry.length, true);
    let more = api.Process32FirstW(snapshot, entry);
    while (more !== 0) {
      parents.set(view.getUint32(8, true), view.getUint32(32, true));
      more = api.Process32NextW(snapshot, entry);
    }
    return parents;
  } finally {
    api.CloseHandle(snapshot);
  }
}

function isYounger(api: WindowsApi, pid: number, parent: number): boolean {
  const own = createdAt(api, pid);
  const parents = createdAt(api, parent);
  return own !== undefined && parents !== undefined && own >= parents;
}

/** When a process was started, in 100 ns units since 1601. */
function createdAt(api: WindowsApi, pid: number): bigint | undefined {
  const process: Handle = api.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (process === 0n) return undefined;
  try {
    const created = memory(8);
    const ok = api.GetProcessTimes(process, created, memory(8), memory(8), memory(8));
    return ok === 0 ? undefined : new DataView(created.buffer).getBigUint64(0, true);
  } finally {
    api.CloseHandle(process);
  }
}
