import assert from "node:assert/strict";
import { readGo } from "../../src/declared/go_source.ts";

Deno.test("readGo() reads imports under the names that the file gives them", () => {
  const { imports } = readGo(`package a

import "entgo.io/ent"
import (
	"example.com/thing/v2" // a version is no name
	. "example.com/dot"; _ "example.com/blank"
	db \`example.com/database\`
)
`);
  assert.deepEqual([...imports], [
    ["ent", "entgo.io/ent"],
    ["thing", "example.com/thing/v2"],
    [".", "example.com/dot"],
    ["_", "example.com/blank"],
    ["db", "example.com/database"],
  ]);
});

Deno.test("readGo() reads struct types and what they embed, whatever stands around them", () => {
  const { types } = readGo(`// type Comment struct { ent.Schema }
package a

import "entgo.io/ent"

const text = "type Text struct { ent.Schema }"
const raw = \`
type Raw struct {
	ent.Schema
}\`
const rune, brace = '"', '{'

type A struct { ent.Schema }
type (
	B struct {
		*base.B \`tag:"x"\`
		Name, Other string
		f func(struct{ ent.Schema }) error
		local /* in
		between */
	}
	C[T any] struct{ ent.Schema }
	D = ent.Schema
	E interface { ~int | ~string }
	ünïcode struct{}
)
type F ent.Schema
type G []struct{ ent.Schema }

func f() {
	type H struct { ent.Schema }
	var x = struct{ ent.Schema }{}
}

type Last struct {
	ent . View
}
`);
  assert.deepEqual(
    types.map(({ embeds, isExported, name }) =>
      `${name} ${isExported} ${embeds.map((e) => `${e.qualifier}:${e.name}`).join(",")}`
    ),
    ["A true ent:Schema", "B true base:B,.:local", "ünïcode false ", "Last true ent:View"],
  );
});

Deno.test("readGo() tells the files that no build takes", () => {
  assert.equal(readGo("//go:build ignore\n\npackage main\n").isIgnored, true);
  assert.equal(readGo("// +build ignore\n\npackage main\n").isIgnored, true);
  assert.equal(readGo("//go:build linux\n\npackage main\n").isIgnored, false);
  assert.equal(readGo("package a\n\n//go:build ignore\n").isIgnored, false);
});

Deno.test("readGo() ends on any text", () => {
  for (
    const text of ["", "type", "type (", "type A struct", "type A struct {", "import (", "((("]
  ) {
    readGo(`package a\n${text}`);
  }
  assert.equal(readGo("no Go at all").package, "");
});
