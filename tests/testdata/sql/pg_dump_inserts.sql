--
-- PostgreSQL database dump
--

\restrict awyzWXE3DG12X96YiSF4iTEEa3d4CkoaMfucmww1VhJACe2jzIRq1oUq4UnWffz

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

DROP DATABASE IF EXISTS lib;
--
-- Name: lib; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE lib WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE lib OWNER TO postgres;

\unrestrict awyzWXE3DG12X96YiSF4iTEEa3d4CkoaMfucmww1VhJACe2jzIRq1oUq4UnWffz
\connect lib
\restrict awyzWXE3DG12X96YiSF4iTEEa3d4CkoaMfucmww1VhJACe2jzIRq1oUq4UnWffz

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: Odd; Schema; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "Odd; Schema";


ALTER SCHEMA "Odd; Schema" OWNER TO postgres;

--
-- Name: isbn; Type: DOMAIN; Schema: public; Owner: postgres
--

CREATE DOMAIN public.isbn AS text
	CONSTRAINT isbn_check CHECK (((VALUE ~ '^[0-9;]+$'::text) AND (VALUE <> ''''::text)));


ALTER DOMAIN public.isbn OWNER TO postgres;

--
-- Name: mood; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.mood AS ENUM (
    'it''s fine; really',
    'b"ad',
    'don''t; ask'
);


ALTER TYPE public.mood OWNER TO postgres;

--
-- Name: add(integer, integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.add(a integer, b integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT (a + b);
 SELECT
         CASE
             WHEN (a > b) THEN a
             ELSE b
         END AS b;
END;


ALTER FUNCTION public.add(a integer, b integer) OWNER TO postgres;

--
-- Name: loops(); Type: PROCEDURE; Schema: public; Owner: postgres
--

CREATE PROCEDURE public.loops()
    LANGUAGE plpgsql
    AS $$begin for i in 1..2 loop commit; end loop; end$$;


ALTER PROCEDURE public.loops() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: authors; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.authors (
    id integer NOT NULL,
    name text DEFAULT 'anon; y''mous'::text NOT NULL,
    mood public.mood
);


ALTER TABLE public.authors OWNER TO postgres;

--
-- Name: TABLE authors; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.authors IS 'Who wrote; it''s /* not */ a comment -- at all';


--
-- Name: COLUMN authors.name; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.authors.name IS 'back\slash; and
line';


--
-- Name: put(text); Type: PROCEDURE; Schema: public; Owner: postgres
--

CREATE PROCEDURE public.put(IN n text)
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.authors (name)
   VALUES (put.n);
 DELETE FROM public.authors
   WHERE (authors.name = 'a;b'::text);
END;


ALTER PROCEDURE public.put(IN n text) OWNER TO postgres;

--
-- Name: ret(integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.ret(a integer) RETURNS integer
    LANGUAGE sql
    RETURN (a + 1);


ALTER FUNCTION public.ret(a integer) OWNER TO postgres;

--
-- Name: touch(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  -- don't stop here; really
  IF NEW.name = 'x;' THEN RAISE EXCEPTION 'no; %', $q$it's; $q$; END IF;
  BEGIN PERFORM 1; EXCEPTION WHEN others THEN NULL; END;
  RETURN NEW;
END;
$_$;


ALTER FUNCTION public.touch() OWNER TO postgres;

--
-- Name: most(integer); Type: AGGREGATE; Schema: public; Owner: postgres
--

CREATE AGGREGATE public.most(integer) (
    SFUNC = int4larger,
    STYPE = integer
);


ALTER AGGREGATE public.most(integer) OWNER TO postgres;

--
-- Name: ===; Type: OPERATOR; Schema: public; Owner: postgres
--

CREATE OPERATOR public.=== (
    FUNCTION = int4eq,
    LEFTARG = integer,
    RIGHTARG = integer
);


ALTER OPERATOR public.=== (integer, integer) OWNER TO postgres;

--
-- Name: Books -- all; Type: TABLE; Schema: Odd; Schema; Owner: postgres
--

CREATE TABLE "Odd; Schema"."Books -- all" (
    id integer NOT NULL,
    author integer,
    "ti;tle" text,
    note text DEFAULT 'a\b''c;
'::text,
    CONSTRAINT "Books -- all_check" CHECK ((("ti;tle" <> ';'::text) AND (note <> '--'::text)))
);


ALTER TABLE "Odd; Schema"."Books -- all" OWNER TO postgres;

--
-- Name: authors_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.authors ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.authors_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: counted; Type: MATERIALIZED VIEW; Schema: public; Owner: postgres
--

CREATE MATERIALIZED VIEW public.counted AS
 SELECT count(*) AS count
   FROM public.authors
  WITH NO DATA;


ALTER TABLE public.counted OWNER TO postgres;

--
-- Name: parts; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.parts (
    id integer,
    at date
)
PARTITION BY RANGE (at);


ALTER TABLE public.parts OWNER TO postgres;

--
-- Name: parts_2026; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.parts_2026 (
    id integer,
    at date
);


ALTER TABLE public.parts_2026 OWNER TO postgres;

--
-- Name: s;q; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public."s;q"
    START WITH 5
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public."s;q" OWNER TO postgres;

--
-- Name: shown; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.shown AS
 SELECT authors.id,
        CASE
            WHEN (authors.name = ';'::text) THEN 'semi;colon'::text
            ELSE authors.name
        END AS "na;me"
   FROM public.authors;


ALTER TABLE public.shown OWNER TO postgres;

--
-- Name: parts_2026; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');


--
-- Data for Name: Books -- all; Type: TABLE DATA; Schema: Odd; Schema; Owner: postgres
--

INSERT INTO "Odd; Schema"."Books -- all" VALUES
	(1, 1, 'E''; DROP', 'x'),
	(2, 2, 'begin atomic ; end', NULL);


--
-- Data for Name: authors; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.authors OVERRIDING SYSTEM VALUE VALUES
	(1, 'a;b', 'b"ad'),
	(2, 'back\slash'';', NULL);
INSERT INTO public.authors OVERRIDING SYSTEM VALUE VALUES
	(3, 'tab	line
;', 'it''s fine; really'),
	(4, 'ünï; 😀', NULL);
INSERT INTO public.authors OVERRIDING SYSTEM VALUE VALUES
	(5, '(', NULL),
	(6, '$$', NULL);
INSERT INTO public.authors OVERRIDING SYSTEM VALUE VALUES
	(7, '/* x', NULL),
	(8, '-- y', NULL);


--
-- Data for Name: parts_2026; Type: TABLE DATA; Schema: public; Owner: postgres
--



--
-- Name: authors_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.authors_id_seq', 8, true);


--
-- Name: s;q; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public."s;q"', 5, false);


--
-- Name: Books -- all Books -- all_pkey; Type: CONSTRAINT; Schema: Odd; Schema; Owner: postgres
--

ALTER TABLE ONLY "Odd; Schema"."Books -- all"
    ADD CONSTRAINT "Books -- all_pkey" PRIMARY KEY (id);


--
-- Name: authors authors_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.authors
    ADD CONSTRAINT authors_pkey PRIMARY KEY (id);


--
-- Name: Books -- all_expr_idx; Type: INDEX; Schema: Odd; Schema; Owner: postgres
--

CREATE INDEX "Books -- all_expr_idx" ON "Odd; Schema"."Books -- all" USING btree (((lower("ti;tle") || ';'::text)));


--
-- Name: st; Type: STATISTICS; Schema: public; Owner: postgres
--

CREATE STATISTICS public.st ON id, name FROM public.authors;


ALTER STATISTICS public.st OWNER TO postgres;

--
-- Name: shown noted; Type: RULE; Schema: public; Owner: postgres
--

CREATE RULE noted AS
    ON INSERT TO public.shown DO INSTEAD ( SELECT 1 AS "?column?";
 INSERT INTO public.authors (name)
  VALUES ('r;'::text);
);


--
-- Name: authors touched; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE TRIGGER touched BEFORE UPDATE ON public.authors FOR EACH ROW EXECUTE FUNCTION public.touch();


--
-- Name: Books -- all Books -- all_author_fkey; Type: FK CONSTRAINT; Schema: Odd; Schema; Owner: postgres
--

ALTER TABLE ONLY "Odd; Schema"."Books -- all"
    ADD CONSTRAINT "Books -- all_author_fkey" FOREIGN KEY (author) REFERENCES public.authors(id);


--
-- Name: authors; Type: ROW SECURITY; Schema: public; Owner: postgres
--

ALTER TABLE public.authors ENABLE ROW LEVEL SECURITY;

--
-- Name: authors p;q; Type: POLICY; Schema: public; Owner: postgres
--

CREATE POLICY "p;q" ON public.authors USING ((name <> ';'::text));


--
-- Name: pub; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION pub OWNER TO postgres;

--
-- Name: pub authors; Type: PUBLICATION TABLE; Schema: public; Owner: postgres
--

ALTER PUBLICATION pub ADD TABLE ONLY public.authors;


--
-- Name: counted; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: postgres
--

REFRESH MATERIALIZED VIEW public.counted;


--
-- PostgreSQL database dump complete
--

\unrestrict awyzWXE3DG12X96YiSF4iTEEa3d4CkoaMfucmww1VhJACe2jzIRq1oUq4UnWffz

