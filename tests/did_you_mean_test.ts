import assert from "node:assert/strict";
import { didYouMean } from "../src/did_you_mean.ts";

Deno.test("didYouMean() names what is near, and nothing else", () => {
  const known = ["host", "port", "password", "dbname"];
  const cases: Readonly<Record<string, string>> = {
    prot: "port",
    HOST: "host",
    pasword: "password",
    db_name: "dbname",
    x: "",
    entirely: "",
    ["p".repeat(1_000_000)]: "",
  };
  for (const [name, best] of Object.entries(cases)) {
    assert.equal(didYouMean(name, known), best === "" ? "" : `; did you mean "${best}"?`);
  }
});
