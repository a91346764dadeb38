import { open } from "node:fs/promises";

/** The systems that programs are released for, by Deno's names for them. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
] as const;

/** One of these systems. */
export type Target = (typeof TARGETS)[number];

/** The operating system of a target, as `Deno.build.os` calls it. */
export function osOf(target: Target): "linux" | "darwin" | "windows" {
  if (target.includes("windows")) return "windows";
  return target.includes("darwin") ? "darwin" : "linux";
}

/** What a program's file is called on a target. */
export function executable(name: string, target: Target): string {
  return osOf(target) === "windows" ? `${name}.exe` : name;
}

/** The target of this machine. */
export function hostTarget(): Target | undefined {
  return TARGETS.find((target) => target === Deno.build.target);
}

/** The target that an executable file is made for, as its header says, or nothing. */
export async function targetOf(path: string): Promise<Target | undefined> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(4096);
    await file.read(bytes, 0, bytes.length, 0);
    return fromHeader(new DataView(bytes.buffer));
  } finally {
    await file.close();
  }
}

function fromHeader(view: DataView): Target | undefined {
  const little = view.getUint32(0, true);
  // ELF: the machine at 18 (0x3e x86-64, 0xb7 AArch64).
  if (little === 0x464c_457f) {
    return MACHINES.elf[view.getUint16(18, true)];
  }
  // Mach-O, 64 bits: the CPU at 4.
  if (little === 0xfeed_facf) return MACHINES.mach[view.getUint32(4, true)];
  // "MZ": the PE header's place at 60, the machine 4 bytes into it.
  if (view.getUint16(0, true) === 0x5a4d) {
    const header = view.getUint32(60, true);
    return header > 4000 ? undefined : MACHINES.pe[view.getUint16(header + 4, true)];
  }
  return undefined;
}

const MACHINES: Readonly<Record<"elf" | "mach" | "pe", Readonly<Record<number, Target>>>> = {
  elf: { 0x3e: "x86_64-unknown-linux-gnu", 0xb7: "aarch64-unknown-linux-gnu" },
  mach: { 0x0100_0007: "x86_64-apple-darwin", 0x0100_000c: "aarch64-apple-darwin" },
  pe: { 0x8664: "x86_64-pc-windows-msvc", 0xaa64: "aarch64-pc-windows-msvc" },
};
