import assert from "node:assert/strict";
import { annotationLine } from "../../../src/cli/ci/annotation.ts";

Deno.test("annotationLine() is one line, whatever it says", () => {
  assert.equal(
    annotationLine({
      level: "error",
      file: "a,b:c/0001%.sql",
      line: 3,
      column: 2,
      title: "code (x)",
      message: "100 %\n::error::no, yes: so\r",
    }),
    "::error file=a%2Cb%3Ac/0001%25.sql,line=3,col=2,title=code (x)::100 %25%0A::error::no, yes: so%0D\n",
  );
});

Deno.test("annotationLine() names no line where there is no file", () => {
  assert.equal(
    annotationLine({ level: "warning", line: 3, title: "t", message: "m" }),
    "::warning title=t::m\n",
  );
});
