import assert from "node:assert/strict";
import { openParser } from "../../src/parser/mod.ts";

Deno.test("openParser() reads PostgreSQL's statements, and says what it cannot read", async () => {
  const parse = await openParser();
  const good = parse("create index ü on s.t (x); select 1");
  assert.ok("trees" in good);
  assert.equal(good.trees.length, 2);
  assert.deepEqual(parse(""), { trees: [] });
  assert.deepEqual(parse("selec"), { fault: 'syntax error at or near "selec"' });
});

Deno.test("openParser() has the bytes of the package inside", async () => {
  const packed = await Deno.readTextFile("src/parser/grammar.b64");
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const place = import.meta.resolve("libpg-query");
  assert.match(place, /libpg-query/);
  const { createRequire } = await import("node:module");
  const found = createRequire(import.meta.url).resolve("libpg-query/wasm/libpg-query.wasm");
  const inside = new Uint8Array(await new Response(stream).arrayBuffer());
  assert.deepEqual(inside, await Deno.readFile(found));
});
