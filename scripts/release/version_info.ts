import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import { VERSION } from "../../src/version.ts";

/**
 * Says in a Windows program what it is: the compiler leaves the VERSIONINFO resource out, and
 * scanners for viruses trust nameless programs less. A signature of the bare runtime, which no
 * longer holds, is dropped.
 */
export async function addVersionInfo(path: string, name: string): Promise<void> {
  const program = NtExecutable.from(await Deno.readFile(path), { ignoreCert: true });
  const resources = NtExecutableResource.from(program);
  const [major = 0, minor = 0, patch = 0] = VERSION.split(".").map((part) => parseInt(part));
  const info = Resource.VersionInfo.createEmpty();
  const language = { lang: 1033, codepage: 1200 };
  info.setFileVersion(major, minor, patch, 0, language.lang);
  info.setProductVersion(major, minor, patch, 0, language.lang);
  info.setStringValues(language, {
    CompanyName: "Hotpot",
    FileDescription: `${name} of Hotpot's database`,
    FileVersion: VERSION,
    InternalName: name,
    OriginalFilename: `${name}.exe`,
    ProductName: "hotpot-migrate",
    ProductVersion: VERSION,
  });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  await Deno.writeFile(path, new Uint8Array(program.generate()));
}
