ALTER TABLE "postings" ADD COLUMN "places" smallint[];--> statement-breakpoint
DROP INDEX "memories_unanalysed";--> statement-breakpoint
CREATE INDEX "memories_unanalysed" ON "memories" ("workspace_id","id") WHERE analysis < 2;
--> statement-breakpoint
-- As before, and with the places of the words of long contents. What is there gets them when its memory is analysed anew.
CREATE OR REPLACE FUNCTION keep_postings() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO postings (workspace_id, companion_id, term, user_id, memory_id, frequency, length, places)
    SELECT m.workspace_id, m.companion_id, t.lexeme, coalesce(m.user_id, nobody), m.id,
      coalesce(cardinality(t.positions), 1), least(octet_length(m.content) / 10, 32767),
      CASE WHEN least(octet_length(m.content) / 10, 32767) > 50 THEN
        CASE WHEN 'A' = ALL (t.weights) AND t.positions[cardinality(t.positions)] < 16383 THEN t.positions
        ELSE (SELECT array_agg(place ORDER BY place) FROM unnest(t.positions, t.weights) p (place, weight)
          WHERE weight = 'A' AND place < 16383) END END
    FROM added m CROSS JOIN LATERAL unnest(m.search) t;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM postings p USING gone m CROSS JOIN LATERAL unnest(m.search) t
    WHERE p.workspace_id = m.workspace_id AND p.companion_id = m.companion_id AND p.term = t.lexeme COLLATE "C"
      AND p.user_id = coalesce(m.user_id, nobody) AND p.memory_id = m.id;
  ELSE
    DELETE FROM postings p USING unnest(OLD.search) t
    WHERE p.workspace_id = OLD.workspace_id AND p.companion_id = OLD.companion_id AND p.term = t.lexeme COLLATE "C"
      AND p.user_id = coalesce(OLD.user_id, nobody) AND p.memory_id = OLD.id;
    INSERT INTO postings (workspace_id, companion_id, term, user_id, memory_id, frequency, length, places)
    SELECT NEW.workspace_id, NEW.companion_id, t.lexeme, coalesce(NEW.user_id, nobody), NEW.id,
      coalesce(cardinality(t.positions), 1), least(octet_length(NEW.content) / 10, 32767),
      CASE WHEN least(octet_length(NEW.content) / 10, 32767) > 50 THEN
        CASE WHEN 'A' = ALL (t.weights) AND t.positions[cardinality(t.positions)] < 16383 THEN t.positions
        ELSE (SELECT array_agg(place ORDER BY place) FROM unnest(t.positions, t.weights) p (place, weight)
          WHERE weight = 'A' AND place < 16383) END END
    FROM unnest(NEW.search) t;
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
