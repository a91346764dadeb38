-- What people feed to psql, which is no program for migrations: nothing here is one statement
-- more or less than Atlas makes of it.
\set ON_ERROR_STOP on
\echo 'it''s; time'
/* a comment /* inside; a comment */ that; goes on */ SELECT 1;
SELECT :'var', :"name", $1::text; -- trailing; comment
SELECT 'a'
       'b;' AS continued;
SELECT U&'d\0061t\+000061;', U&"d\0061t" UESCAPE '!', X'1F', B'01', N'n;';
SELECT E'it\\''s; ok', E'\\';
SELECT $$it's; $$ || $x$;$$;$x$ || $ünï$;$x$;$ünï$;
SELECT a$1$b, c$$ FROM t; SELECT 2;
PREPARE q AS SELECT $1;$1;
COPY t (a, b) FROM stdin;
1	it's (
2	$$ "
\.
INSERT INTO t VALUES ((1)), ('(;)');;
BEGIN; INSERT INTO t VALUES (1); COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT 1;
END;
DO LANGUAGE plpgsql 'BEGIN RAISE NOTICE ''x;''; END';
DO $do$ DECLARE x int := 1; BEGIN IF x > 0 THEN RAISE NOTICE '%; $$', x; END IF; END $do$;
CREATE OR REPLACE PROCEDURE p(INOUT x int)
BEGIN ATOMIC
  SELECT CASE x WHEN 1 THEN 2 END;
  INSERT INTO "end;" VALUES (1); -- END;
END;
CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS
$$
begin
  for i in 1..3 loop
    case i when 1 then null; else null; end case;
  end loop;
  begin null; end;
end
$$;
CREATE RULE r AS ON UPDATE TO v DO ALSO (INSERT INTO l VALUES (1); DELETE FROM l;);
SELECT 1 \gset
SELECT 2 \; SELECT 3;
\if :x \else \endif
SELECT 4 /* unclosed
;
