import { VERSION } from "../../src/version.ts";
import type { Stamp } from "../compile/stamp.ts";
import type { Package } from "./packages.ts";

/** What is inside the programs, as a CycloneDX 1.6 document (https://cyclonedx.org). */
export function sbom(
  packages: readonly Package[],
  { deno, stamp }: { readonly stamp: Stamp; readonly deno: string },
): string {
  const root = `hotpot-migrate@${VERSION}`;
  const components = [
    {
      type: "platform",
      "bom-ref": `deno@${deno}`,
      name: "deno",
      version: deno,
      licenses: [{ license: { id: "MIT" } }],
      purl: `pkg:github/denoland/deno@v${deno}`,
    },
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
    dependencies: [{ ref: root, dependsOn: components.map((component) => component["bom-ref"]) }],
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

function hex(integrity: string): string {
  const bytes = atob(integrity.replace(/^sha512-/, ""));
  return [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/** The licences of what is inside, for the archives. */
export function licences(packages: readonly Package[], deno: string): string {
  const parts = [
    `The programs in this archive contain:\n`,
    `Deno ${deno} (MIT), Copyright 2018-2026 the Deno authors, with V8 (BSD-3-Clause) and the other\nlibraries that https://github.com/denoland/deno/blob/v${deno}/Cargo.lock names.\n\n${MIT}`,
    ...packages.map(({ licence, licenceText, name, version }) =>
      `${name} ${version} (${licence})\n\n${licenceText?.trim() ?? `Licensed under ${licence}.`}\n`
    ),
  ];
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

const MIT =
  `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
