import { type Catalog, type RelationFacts, type RelationName, writtenName } from "./catalog.ts";
import { rewritesForType } from "./column_type.ts";
import { constraintKind, isBuiltin, isSerial, isVolatile, typeWord } from "./expression.ts";
import type { Certainty, Finding, Lock, LockMode, RuleCode } from "./finding.ts";
import { child, children, nameOfParts, relationOf, text, type Tree, unwrap } from "./tree.ts";

/** The table that an `ALTER TABLE` is about, and what is known of it. */
export interface Subject {
  readonly name: RelationName;
  readonly label: string;
  readonly facts: RelationFacts | undefined;
  readonly catalog: Catalog;
}

/** The subcommands that only change the catalog, by lock. */
const PLAIN: Readonly<Record<string, readonly [RuleCode, LockMode, string]>> = {
  AT_DropColumn: ["drop_column", "ACCESS EXCLUSIVE", "DROP COLUMN"],
  AT_ColumnDefault: ["alter_column", "ACCESS EXCLUSIVE", "SET DEFAULT"],
  AT_DropNotNull: ["alter_column", "ACCESS EXCLUSIVE", "DROP NOT NULL"],
  AT_DropExpression: ["alter_column", "ACCESS EXCLUSIVE", "DROP EXPRESSION"],
  AT_AddIdentity: ["alter_column", "ACCESS EXCLUSIVE", "ADD IDENTITY"],
  AT_DropIdentity: ["alter_column", "ACCESS EXCLUSIVE", "DROP IDENTITY"],
  AT_SetStorage: ["alter_column", "ACCESS EXCLUSIVE", "SET STORAGE"],
  AT_SetStatistics: ["column_setting", "SHARE UPDATE EXCLUSIVE", "SET STATISTICS"],
  AT_SetOptions: ["column_setting", "SHARE UPDATE EXCLUSIVE", "SET options of a column"],
  AT_ChangeOwner: ["alter_table", "ACCESS EXCLUSIVE", "OWNER TO"],
  AT_EnableRowSecurity: ["alter_table", "ACCESS EXCLUSIVE", "ENABLE ROW LEVEL SECURITY"],
  AT_DisableRowSecurity: ["alter_table", "ACCESS EXCLUSIVE", "DISABLE ROW LEVEL SECURITY"],
  AT_ForceRowSecurity: ["alter_table", "ACCESS EXCLUSIVE", "FORCE ROW LEVEL SECURITY"],
  AT_NoForceRowSecurity: ["alter_table", "ACCESS EXCLUSIVE", "NO FORCE ROW LEVEL SECURITY"],
  AT_ReplicaIdentity: ["alter_table", "ACCESS EXCLUSIVE", "REPLICA IDENTITY"],
  AT_EnableTrig: ["trigger", "SHARE ROW EXCLUSIVE", "ENABLE TRIGGER"],
  AT_DisableTrig: ["trigger", "SHARE ROW EXCLUSIVE", "DISABLE TRIGGER"],
  AT_EnableTrigAll: ["trigger", "SHARE ROW EXCLUSIVE", "ENABLE TRIGGER ALL"],
  AT_DisableTrigAll: ["trigger", "SHARE ROW EXCLUSIVE", "DISABLE TRIGGER ALL"],
  AT_EnableTrigUser: ["trigger", "SHARE ROW EXCLUSIVE", "ENABLE TRIGGER USER"],
  AT_DisableTrigUser: ["trigger", "SHARE ROW EXCLUSIVE", "DISABLE TRIGGER USER"],
  AT_ClusterOn: ["table_setting", "SHARE UPDATE EXCLUSIVE", "CLUSTER ON"],
};

const MOVES: Readonly<Record<string, string>> = {
  AT_SetTableSpace: "SET TABLESPACE",
  AT_SetLogged: "SET LOGGED",
  AT_SetUnLogged: "SET UNLOGGED",
  AT_SetAccessMethod: "SET ACCESS METHOD",
};

/** Judges one subcommand of an `ALTER TABLE`. */
export function judgeSubcommand(node: unknown, subject: Subject): Finding {
  const [, command] = unwrap(node);
  const subtype = text(command, "subtype");
  const plain = PLAIN[subtype];
  if (plain !== undefined) {
    if (command["behavior"] === "DROP_CASCADE") return unknown(subject, "CASCADE drops more");
    return finding(subject, plain[0], plain[2], plain[1]);
  }
  const move = MOVES[subtype];
  if (move !== undefined) {
    return {
      ...finding(subject, "move_table", move, "ACCESS EXCLUSIVE"),
      rewrites: subtype === "AT_SetTableSpace" || subtype === "AT_SetAccessMethod"
        ? "maybe"
        : "yes",
      scans: "maybe",
      advice: "Do it in a quiet hour: the table is copied",
    };
  }
  switch (subtype) {
    case "AT_AddColumn":
      return addColumn(command, subject);
    case "AT_AlterColumnType":
      return alterType(command, subject);
    case "AT_SetNotNull":
      return setNotNull(command, subject);
    case "AT_AddConstraint":
      return addConstraint(unwrap(command["def"])[1], subject);
    case "AT_ValidateConstraint":
      return validate(command, subject);
    case "AT_DropConstraint":
      return dropConstraint(command, subject);
    case "AT_AttachPartition":
    case "AT_DetachPartition":
      return partition(command, subject);
    case "AT_SetRelOptions":
    case "AT_ResetRelOptions":
      return setOptions(command, subject);
  }
  return unknown(subject, subtype === "" ? "ALTER TABLE" : subtype.replace(/^AT_/, ""));
}

/** A finding about one table, which neither rewrites nor scans it. */
export function finding(
  { label }: Pick<Subject, "label">,
  rule: RuleCode,
  words: string,
  mode: LockMode,
): Finding {
  return {
    rule,
    what: `${words} on ${label}`,
    locks: [{ relation: label, mode }],
    rewrites: "no",
    scans: "no",
  };
}

function unknown({ label }: Subject, reason: string): Finding {
  return {
    rule: "unknown",
    what: `ALTER TABLE ${label}: ${reason}`,
    locks: [{ relation: label, mode: "ACCESS EXCLUSIVE" }],
    rewrites: "maybe",
    scans: "maybe",
  };
}

function addColumn(command: Tree, subject: Subject): Finding {
  const { catalog } = subject;
  const [, column] = unwrap(command["def"]);
  const typeName = child(column, "typeName");
  const constraints = children(column, "constraints");
  const has = (kind: string) => constraints.some((node) => constraintKind(node) === kind);
  const part = (kind: string) =>
    unwrap(constraints.find((node) => constraintKind(node) === kind))[1];
  const generated = part("CONSTR_GENERATED");
  const stored = has("CONSTR_GENERATED") && generated["generated_kind"] !== "v";
  const serial = isSerial(typeName) || has("CONSTR_IDENTITY");
  const type = catalog.typeKind(nameOfParts(children(typeName, "names")));
  // A domain may have constraints, which are checked for each row.
  const domain = isSerial(typeName) || isBuiltin(typeName) || (type !== undefined && type !== "d")
    ? "no"
    : "maybe";
  const ofDefault = stored || serial
    ? "yes"
    : has("CONSTR_DEFAULT")
    ? isVolatile(part("CONSTR_DEFAULT")["raw_expr"], catalog)
    : "no";
  const rewrites = worst(ofDefault, domain);
  const locks: Lock[] = [{ relation: subject.label, mode: "ACCESS EXCLUSIVE" }];
  if (has("CONSTR_FOREIGN")) {
    const other = relationOf(child(part("CONSTR_FOREIGN"), "pktable"));
    locks.push({ relation: labelOf(other, catalog), mode: "SHARE ROW EXCLUSIVE" });
  }
  const unique = has("CONSTR_UNIQUE") || has("CONSTR_PRIMARY");
  // The one default of all rows is checked once, without reading them.
  const checked = (has("CONSTR_NOTNULL") && !has("CONSTR_DEFAULT")) || has("CONSTR_CHECK") ||
    serial ||
    (has("CONSTR_FOREIGN") && has("CONSTR_DEFAULT"));
  const base = {
    what: `ADD COLUMN ${text(column, "colname")} on ${subject.label}`,
    locks,
    rewrites,
  };
  if (rewrites !== "no") {
    return {
      ...base,
      rule: "add_column_rewrite",
      scans: rewrites,
      advice: "Add the column without default, then fill it in batches",
    };
  }
  if (unique) {
    return {
      ...base,
      rule: "add_column_index",
      scans: "yes",
      advice: "Add the column, then CREATE UNIQUE INDEX CONCURRENTLY",
    };
  }
  if (checked) {
    return {
      ...base,
      rule: "add_column_scan",
      scans: "yes",
      advice: "Add the column alone, then the constraint NOT VALID, and VALIDATE it later",
    };
  }
  return { ...base, rule: "add_column", scans: "no" };
}

function alterType(command: Tree, subject: Subject): Finding {
  const [, column] = unwrap(command["def"]);
  const known = subject.facts?.columns.get(text(command, "name"));
  const using = unwrap(column["raw_default"])[0] !== "";
  const change = known === undefined
    ? "maybe"
    : rewritesForType(known.type, typeWord(child(column, "typeName")));
  const rewrites = using && change !== "yes" ? "maybe" : change;
  // What names the column is built or checked anew.
  const scans = rewrites === "no" && known?.used !== false ? "maybe" : rewrites;
  return {
    ...finding(subject, "alter_type", `ALTER COLUMN ${text(command, "name")} TYPE`, AE),
    rewrites,
    scans,
    ...(rewrites === "no" && scans === "no"
      ? {}
      : { advice: "Add a column of the new type, fill it in batches, then rename" }),
  };
}

function setNotNull(command: Tree, subject: Subject): Finding {
  const name = text(command, "name");
  const { facts } = subject;
  const proven = [...facts?.constraints.values() ?? []].some(({ check, kind, validated }) =>
    kind === "c" && validated && check?.toLowerCase() === `(${name} is not null)`
  );
  const scans = facts === undefined
    ? "maybe"
    : proven || facts.columns.get(name)?.notNull === true
    ? "no"
    : "yes";
  return {
    ...finding(subject, "set_not_null", `SET NOT NULL ${name}`, AE),
    scans,
    ...(scans === "no"
      ? {}
      : { advice: `ADD CHECK (${name} IS NOT NULL) NOT VALID and VALIDATE it before` }),
  };
}

function addConstraint(constraint: Tree, subject: Subject): Finding {
  const kind = text(constraint, "contype");
  const notValid = constraint["skip_validation"] === true;
  const later = "Add it NOT VALID, then VALIDATE CONSTRAINT in a later file";
  switch (kind) {
    case "CONSTR_CHECK":
    case "CONSTR_NOTNULL": {
      const word = kind === "CONSTR_CHECK" ? "ADD CHECK" : "ADD NOT NULL";
      if (notValid) return finding(subject, "add_not_valid", `${word} NOT VALID`, AE);
      return {
        ...finding(subject, "add_check", word, AE),
        scans: kind === "CONSTR_CHECK" ? "yes" : "maybe",
        advice: later,
      };
    }
    case "CONSTR_FOREIGN": {
      const other = labelOf(relationOf(child(constraint, "pktable")), subject.catalog);
      const mode = "SHARE ROW EXCLUSIVE";
      const locks: Lock[] = [{ relation: subject.label, mode }, { relation: other, mode }];
      const base = { what: `ADD FOREIGN KEY on ${subject.label} to ${other}`, locks };
      return notValid
        ? { ...base, rule: "add_not_valid", rewrites: "no", scans: "no" }
        : { ...base, rule: "add_foreign_key", rewrites: "no", scans: "yes", advice: later };
    }
    case "CONSTR_PRIMARY":
    case "CONSTR_UNIQUE": {
      const word = kind === "CONSTR_PRIMARY" ? "ADD PRIMARY KEY" : "ADD UNIQUE";
      if (text(constraint, "indexname") !== "") {
        // A primary key also makes its columns NOT NULL, which reads the table if they are not.
        return {
          ...finding(subject, "add_using_index", `${word} USING INDEX`, AE),
          scans: kind === "CONSTR_PRIMARY" ? "maybe" : "no",
        };
      }
      return {
        ...finding(subject, "add_unique", word, AE),
        scans: "yes",
        advice: "CREATE UNIQUE INDEX CONCURRENTLY before, then add it USING INDEX",
      };
    }
    case "CONSTR_EXCLUSION":
      return { ...finding(subject, "add_exclude", "ADD EXCLUDE", AE), scans: "yes" };
  }
  return unknown(subject, "ADD CONSTRAINT");
}

function validate(command: Tree, subject: Subject): Finding {
  const name = text(command, "name");
  const known = subject.facts?.constraints.get(name);
  const own = finding(
    subject,
    "validate_constraint",
    `VALIDATE CONSTRAINT ${name}`,
    "SHARE UPDATE EXCLUSIVE",
  );
  const other: readonly Lock[] = known?.other === undefined || known.validated
    ? []
    : [{ relation: known.other, mode: "ROW SHARE" }];
  const scans = known === undefined ? "maybe" : known.validated ? "no" : "yes";
  return { ...own, locks: [...own.locks, ...other], scans };
}

function dropConstraint(command: Tree, subject: Subject): Finding {
  const known = subject.facts?.constraints.get(text(command, "name"));
  if (known === undefined || command["behavior"] === "DROP_CASCADE") {
    return unknown(subject, `DROP CONSTRAINT ${text(command, "name")}`);
  }
  const own = finding(subject, "drop_constraint", "DROP CONSTRAINT", AE);
  const other: readonly Lock[] = known.kind === "f" && known.other !== undefined
    ? [{ relation: known.other, mode: AE }]
    : [];
  return { ...own, locks: [...own.locks, ...other] };
}

function partition(command: Tree, subject: Subject): Finding {
  const [, def] = unwrap(command["def"]);
  const part = labelOf(relationOf(child(def, "name")), subject.catalog);
  const parent: Lock = { relation: subject.label, mode: "SHARE UPDATE EXCLUSIVE" };
  if (command["subtype"] === "AT_AttachPartition") {
    return {
      rule: "attach_partition",
      what: `ATTACH PARTITION ${part} to ${subject.label}`,
      locks: [parent, { relation: part, mode: AE }],
      rewrites: "no",
      scans: "maybe",
      advice: "Add a CHECK that proves the bounds first, NOT VALID and then VALIDATE",
    };
  }
  const what = `DETACH PARTITION ${part} from ${subject.label}`;
  if (def["concurrent"] === true) {
    return {
      rule: "detach_concurrently",
      what,
      locks: [parent, { relation: part, mode: "SHARE UPDATE EXCLUSIVE" }],
      rewrites: "no",
      scans: "no",
    };
  }
  return {
    rule: "detach_partition",
    what,
    locks: [{ relation: subject.label, mode: AE }, { relation: part, mode: AE }],
    rewrites: "no",
    scans: "no",
    advice: "DETACH PARTITION … CONCURRENTLY, in a file with -- atlas:txmode none",
  };
}

const LIGHT = /^(?:fillfactor|toast_tuple_target|parallel_workers|(?:log_)?autovacuum_.*)$/;

function setOptions(command: Tree, subject: Subject): Finding {
  const options = children(unwrap(command["def"])[1], "items");
  const names = (options.length > 0 ? options : children(command, "def"))
    .map((option) => text(unwrap(option)[1], "defname"));
  const light = names.length > 0 && names.every((name) => LIGHT.test(name));
  const mode = light ? "SHARE UPDATE EXCLUSIVE" : AE;
  return finding(subject, "table_setting", "SET storage parameters", mode);
}

const AE = "ACCESS EXCLUSIVE";

function worst(a: Certainty, b: Certainty): Certainty {
  if (a === "yes" || b === "yes") return "yes";
  return a === "maybe" || b === "maybe" ? "maybe" : "no";
}

/** The name of a relation as the catalog has it, or as it is written. */
export function labelOf(name: RelationName, catalog: Catalog): string {
  return catalog.relation(name)?.name ?? writtenName(name);
}
