import { LICENCE_TEXTS } from "./licence_texts.ts";
import type { Package } from "./packages.ts";

/** A part of something in the programs that has a licence of its own, and that no lock file names. */
export interface Part {
  /** A package, or `deno`. */
  readonly within: string;
  readonly name: string;
  readonly licence: keyof typeof LICENCE_TEXTS;
  readonly copyright: string;
}

/** Those parts: what was compiled into the runtime, and into the parser. */
export const PARTS: readonly Part[] = [
  {
    within: "deno",
    name: "V8",
    licence: "BSD-3-Clause",
    copyright: "Copyright 2014, the V8 project authors. All rights reserved.",
  },
  {
    within: "libpg-query",
    name: "libpg_query",
    licence: "BSD-3-Clause",
    copyright: "Copyright (c) 2015-2023, Lukas Fittl <lukas@fittl.com>. All rights reserved.",
  },
  {
    within: "libpg-query",
    name: "PostgreSQL",
    licence: "PostgreSQL",
    copyright:
      "Portions Copyright (c) 1996-2026, PostgreSQL Global Development Group\nPortions Copyright (c) 1994, The Regents of the University of California",
  },
  {
    within: "libpg-query",
    name: "protobuf-c",
    licence: "BSD-2-Clause",
    copyright:
      "Copyright (c) 2008-2022, Dave Benson and the protobuf-c authors. All rights reserved.",
  },
  {
    within: "libpg-query",
    name: "xxHash",
    licence: "BSD-2-Clause",
    copyright: "Copyright (C) 2012-2021 Yann Collet. All rights reserved.",
  },
];

/** The licences of what is inside, for the archives. */
export function licences(packages: readonly Package[], deno: string): string {
  const parts = (within: string) =>
    PARTS.filter((part) => part.within === within).map(({ copyright, licence, name }) =>
      `${name}, in ${within} (${licence})\n\n${copyright}\n\n${LICENCE_TEXTS[licence]}`
    );
  const sections = [
    "The programs in this archive contain:\n",
    `Deno ${deno} (MIT), Copyright 2018-2026 the Deno authors, with the libraries that\nhttps://github.com/denoland/deno/blob/v${deno}/Cargo.lock names.\n\n${LICENCE_TEXTS.MIT}`,
    ...parts("deno"),
    ...packages.flatMap(({ licence, licenceText, name, version }) => [
      `${name} ${version} (${licence})\n\n${licenceText?.trim() ?? `Licensed under ${licence}.`}\n`,
      ...parts(name),
    ]),
  ];
  return sections.join(`\n${"-".repeat(80)}\n\n`);
}
