-- Up to six terms of a memory in a row, since the head of a row takes more room than a term. All postings are made again
-- from the memories, in one transaction: if it is interrupted, nothing has changed.
TRUNCATE postings;
--> statement-breakpoint
ALTER TABLE "postings" DROP CONSTRAINT "postings_pkey";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term1" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term2" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term3" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term4" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term5" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "term6" text collate "C";
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency1" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency2" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency3" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency4" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency5" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "frequency6" smallint;
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places1" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places2" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places3" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places4" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places5" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" ADD COLUMN "places6" smallint[];
--> statement-breakpoint
ALTER TABLE "postings" DROP COLUMN "term";
--> statement-breakpoint
ALTER TABLE "postings" DROP COLUMN "frequency";
--> statement-breakpoint
ALTER TABLE "postings" DROP COLUMN "places";
--> statement-breakpoint
ALTER TABLE "postings" ALTER COLUMN "length" DROP DEFAULT;
--> statement-breakpoint
-- There is no key that a replica could find a changed row by.
ALTER TABLE postings REPLICA IDENTITY FULL;
--> statement-breakpoint
-- The terms of a memory as rows of `postings`. A term is always in the same column, so that an index has equal ones side by
-- side. Only long contents have places.
CREATE FUNCTION posting_rows(search tsvector, has_places boolean) RETURNS TABLE (
  term1 text, term2 text, term3 text, term4 text, term5 text, term6 text,
  frequency1 smallint, frequency2 smallint, frequency3 smallint, frequency4 smallint, frequency5 smallint, frequency6 smallint,
  places1 smallint[], places2 smallint[], places3 smallint[], places4 smallint[], places5 smallint[], places6 smallint[]
) LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
  SELECT
    max(t.lexeme) FILTER (WHERE t.n = 1),
    max(t.lexeme) FILTER (WHERE t.n = 2),
    max(t.lexeme) FILTER (WHERE t.n = 3),
    max(t.lexeme) FILTER (WHERE t.n = 4),
    max(t.lexeme) FILTER (WHERE t.n = 5),
    max(t.lexeme) FILTER (WHERE t.n = 6),
    max(t.frequency) FILTER (WHERE t.n = 1),
    max(t.frequency) FILTER (WHERE t.n = 2),
    max(t.frequency) FILTER (WHERE t.n = 3),
    max(t.frequency) FILTER (WHERE t.n = 4),
    max(t.frequency) FILTER (WHERE t.n = 5),
    max(t.frequency) FILTER (WHERE t.n = 6),
    max(t.places) FILTER (WHERE t.n = 1),
    max(t.places) FILTER (WHERE t.n = 2),
    max(t.places) FILTER (WHERE t.n = 3),
    max(t.places) FILTER (WHERE t.n = 4),
    max(t.places) FILTER (WHERE t.n = 5),
    max(t.places) FILTER (WHERE t.n = 6)
  FROM (
    SELECT l.*, row_number() OVER (PARTITION BY l.n ORDER BY l.lexeme) AS row
    FROM (
      SELECT u.lexeme COLLATE "C" AS lexeme, coalesce(cardinality(u.positions), 1)::smallint AS frequency,
        1 + (hashtext(u.lexeme COLLATE "C") & 2147483647) % 6 AS n,
        CASE WHEN has_places THEN
          CASE WHEN 'A' = ALL (u.weights) AND u.positions[cardinality(u.positions)] < 16383 THEN u.positions
          ELSE (SELECT array_agg(p.place ORDER BY p.place) FROM unnest(u.positions, u.weights) p (place, weight)
            WHERE p.weight = 'A' AND p.place < 16383) END END AS places
      FROM unnest(search) u
    ) l
  ) t
  GROUP BY t.row;
END;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION keep_postings() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO postings (workspace_id, companion_id, user_id, memory_id, length, term1, term2, term3, term4, term5, term6,
      frequency1, frequency2, frequency3, frequency4, frequency5, frequency6, places1, places2, places3, places4, places5, places6)
    SELECT m.workspace_id, m.companion_id, coalesce(m.user_id, nobody), m.id, least(octet_length(m.content) / 10, 32767), t.*
    FROM added m CROSS JOIN LATERAL posting_rows(m.search, least(octet_length(m.content) / 10, 32767) > 50) t;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM postings p USING gone m WHERE p.workspace_id = m.workspace_id AND p.memory_id = m.id;
  ELSE
    DELETE FROM postings p WHERE p.workspace_id = OLD.workspace_id AND p.memory_id = OLD.id;
    INSERT INTO postings (workspace_id, companion_id, user_id, memory_id, length, term1, term2, term3, term4, term5, term6,
      frequency1, frequency2, frequency3, frequency4, frequency5, frequency6, places1, places2, places3, places4, places5, places6)
    SELECT NEW.workspace_id, NEW.companion_id, coalesce(NEW.user_id, nobody), NEW.id, least(octet_length(NEW.content) / 10, 32767), t.*
    FROM posting_rows(NEW.search, least(octet_length(NEW.content) / 10, 32767) > 50) t;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND proname = 'keep_postings'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', f, 'public'::regnamespace);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE memories NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE postings NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- What an earlier analysis made has no places, until it is analysed again.
INSERT INTO postings (workspace_id, companion_id, user_id, memory_id, length, term1, term2, term3, term4, term5, term6,
  frequency1, frequency2, frequency3, frequency4, frequency5, frequency6, places1, places2, places3, places4, places5, places6)
SELECT m.workspace_id, m.companion_id, coalesce(m.user_id, '00000000-0000-0000-0000-000000000000'), m.id,
  least(octet_length(m.content) / 10, 32767), t.*
FROM memories m CROSS JOIN LATERAL posting_rows(m.search, m.analysis >= 2 AND least(octet_length(m.content) / 10, 32767) > 50) t;
--> statement-breakpoint
ALTER TABLE memories FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE postings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE INDEX "postings_memory" ON "postings" ("workspace_id","memory_id");
--> statement-breakpoint
CREATE INDEX "postings_term1" ON "postings" ("workspace_id","companion_id","term1","user_id") WHERE term1 is not null;
--> statement-breakpoint
CREATE INDEX "postings_term2" ON "postings" ("workspace_id","companion_id","term2","user_id") WHERE term2 is not null;
--> statement-breakpoint
CREATE INDEX "postings_term3" ON "postings" ("workspace_id","companion_id","term3","user_id") WHERE term3 is not null;
--> statement-breakpoint
CREATE INDEX "postings_term4" ON "postings" ("workspace_id","companion_id","term4","user_id") WHERE term4 is not null;
--> statement-breakpoint
CREATE INDEX "postings_term5" ON "postings" ("workspace_id","companion_id","term5","user_id") WHERE term5 is not null;
--> statement-breakpoint
CREATE INDEX "postings_term6" ON "postings" ("workspace_id","companion_id","term6","user_id") WHERE term6 is not null;
--> statement-breakpoint
-- Rising, so that what is newer comes at the end of a page and not before its beginning: pages stay full.
DROP INDEX "memories_recorded";
--> statement-breakpoint
CREATE INDEX "memories_recorded" ON "memories" ("workspace_id","recorded_at","id");
--> statement-breakpoint
DROP INDEX "memories_companion_recorded";
--> statement-breakpoint
CREATE INDEX "memories_companion_recorded" ON "memories" ("workspace_id","companion_id","recorded_at","id");
--> statement-breakpoint
DROP INDEX "memories_companion_valid";
--> statement-breakpoint
CREATE INDEX "memories_companion_valid" ON "memories" ("workspace_id","companion_id","valid_from","id");
--> statement-breakpoint
DROP INDEX "memories_user_recorded";
--> statement-breakpoint
CREATE INDEX "memories_user_recorded" ON "memories" ("workspace_id","user_id","recorded_at","id");
--> statement-breakpoint
ANALYZE postings;
