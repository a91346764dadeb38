-- A lending library: everything a dump may hold.
CREATE SCHEMA "Odd; Schema";
CREATE TYPE mood AS ENUM ('it''s fine; really', 'b"ad', $$don't; ask$$);
CREATE DOMAIN isbn AS text CHECK (VALUE ~ '^[0-9;]+$' AND VALUE <> E'\'');
CREATE TABLE authors (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT 'anon; y''mous', mood mood);
CREATE TABLE "Odd; Schema"."Books -- all" (id int PRIMARY KEY, author int REFERENCES authors, "ti;tle" text, note text DEFAULT E'a\\b\'c;\n', CHECK (("ti;tle" <> ';') AND (note <> '--')));
CREATE INDEX ON "Odd; Schema"."Books -- all" ((lower("ti;tle") || ';'));
COMMENT ON TABLE authors IS 'Who wrote; it''s /* not */ a comment -- at all';
COMMENT ON COLUMN authors.name IS E'back\\slash; and\nline';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- don't stop here; really
  IF NEW.name = 'x;' THEN RAISE EXCEPTION 'no; %', $q$it's; $q$; END IF;
  BEGIN PERFORM 1; EXCEPTION WHEN others THEN NULL; END;
  RETURN NEW;
END;
$body$;
CREATE TRIGGER touched BEFORE UPDATE ON authors FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + b; SELECT CASE WHEN a > b THEN a ELSE b END; END;
CREATE FUNCTION ret(a int) RETURNS int LANGUAGE sql RETURN a + 1;
CREATE PROCEDURE put(n text) LANGUAGE sql BEGIN ATOMIC INSERT INTO authors (name) VALUES (n); DELETE FROM authors WHERE name = 'a;b'; END;
CREATE PROCEDURE loops() LANGUAGE plpgsql AS 'begin for i in 1..2 loop commit; end loop; end';
CREATE VIEW shown AS SELECT id, CASE WHEN name = ';' THEN 'semi;colon' ELSE name END AS "na;me" FROM authors;
CREATE RULE noted AS ON INSERT TO shown DO INSTEAD (SELECT 1; INSERT INTO authors (name) VALUES ('r;'));
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM authors;
CREATE SEQUENCE "s;q" START 5;
CREATE POLICY "p;q" ON authors USING (name <> ';');
ALTER TABLE authors ENABLE ROW LEVEL SECURITY;
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO authors (name, mood) VALUES ('a;b', 'b"ad'), ('back\slash'';', NULL), (E'tab\tline\n;', 'it''s fine; really'), ('ünï; 😀', NULL), ('(', NULL), ('$$', NULL), ('/* x', NULL), ('-- y', NULL);
INSERT INTO "Odd; Schema"."Books -- all" VALUES (1, 1, 'E''; DROP', 'x'), (2, 2, 'begin atomic ; end', NULL);
CREATE AGGREGATE most(int) (SFUNC = int4larger, STYPE = int);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE PUBLICATION pub FOR TABLE authors;
CREATE STATISTICS st ON id, name FROM authors;
