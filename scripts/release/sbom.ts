import { VERSION } from "../../src/version.ts";
import type { Stamp } from "../compile/stamp.ts";
import { PARTS } from "./licences.ts";
import type { Package } from "./packages.ts";

/** What is inside the programs, as a CycloneDX 1.6 document (https://cyclonedx.org). */
export function sbom(
  packages: readonly Package[],
  { deno, stamp }: { readonly stamp: Stamp; readonly deno: string },
): string {
  const root = `hotpot-migrate@${VERSION}`;
  const inside = new Set(["deno", ...packages.map(({ name }) => name)]);
  const parts = PARTS.filter(({ within }) => inside.has(within));
  const components = [
    {
      type: "platform",
      "bom-ref": `deno@${deno}`,
      name: "deno",
      version: deno,
      licenses: [{ license: { id: "MIT" } }],
      purl: `pkg:github/denoland/deno@v${deno}`,
    },
    ...parts.map(({ licence, name }) => ({
      type: "library",
      "bom-ref": name,
      name,
      licenses: [{ license: { id: licence } }],
    })),
    ...packages.map(({ integrity, licence, name, version }) => ({
      type: "library",
      "bom-ref": `${name}@${version}`,
      name,
      version,
      licenses: [licenceChoice(licence)],
      hashes: [{ alg: "SHA-512", content: hex(integrity) }],
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    })),
  ];
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(stamp.epoch * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": root,
        name: "hotpot-migrate",
        version: VERSION,
        ...(stamp.commit === undefined ? {} : {
          properties: [{ name: "commit", value: stamp.commit }],
        }),
      },
    },
    components,
    dependencies: [
      { ref: root, dependsOn: [`deno@${deno}`, ...packages.map(idOf)] },
      ...[
        { ref: `deno@${deno}`, name: "deno" },
        ...packages.map((each) => ({
          ref: idOf(each),
          name: each.name,
        })),
      ].map(({ name, ref }) => ({
        ref,
        dependsOn: parts.filter((part) => part.within === name).map((part) => part.name),
      })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What npm's manifests say of a licence: a name of SPDX, several of them combined, or free words. */
function licenceChoice(licence: string) {
  if (/^[A-Za-z0-9.+-]+$/.test(licence) && licence !== "NOASSERTION" && licence !== "UNLICENSED") {
    return { license: { id: licence } };
  }
  return / (?:OR|AND|WITH) /.test(licence)
    ? { expression: licence }
    : { license: { name: licence } };
}

function idOf({ name, version }: Package): string {
  return `${name}@${version}`;
}

function hex(integrity: string): string {
  const bytes = atob(integrity.replace(/^sha512-/, ""));
  return [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
