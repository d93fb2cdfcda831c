-- Row-level security holds for the owner of the new tables too.
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
             AND NOT c.relforcerowsecurity
  LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
--> statement-breakpoint
-- A vector of up to some 2,000 dimensions stays in its row: an exact scan that fetches each from elsewhere is slow.
ALTER TABLE memory_embeddings SET (toast_tuple_target = 8160);
--> statement-breakpoint
-- Keeps the postings of `memories.search`, whatever writes it. The joins are told to go by the key: a plan is kept for a
-- session, and what was made for an empty table would read a full one from end to end.
CREATE FUNCTION keep_postings() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO postings (workspace_id, companion_id, term, user_id, memory_id, frequency)
    SELECT m.workspace_id, m.companion_id, t.lexeme, coalesce(m.user_id, nobody), m.id, coalesce(cardinality(t.positions), 1)
    FROM added m CROSS JOIN LATERAL unnest(m.search) t;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM postings p USING gone m CROSS JOIN LATERAL unnest(m.search) t
    WHERE p.workspace_id = m.workspace_id AND p.companion_id = m.companion_id AND p.term = t.lexeme COLLATE "C"
      AND p.user_id = coalesce(m.user_id, nobody) AND p.memory_id = m.id;
  ELSE
    DELETE FROM postings p USING unnest(OLD.search) t
    WHERE p.workspace_id = OLD.workspace_id AND p.companion_id = OLD.companion_id AND p.term = t.lexeme COLLATE "C"
      AND p.user_id = coalesce(OLD.user_id, nobody) AND p.memory_id = OLD.id;
    INSERT INTO postings (workspace_id, companion_id, term, user_id, memory_id, frequency)
    SELECT NEW.workspace_id, NEW.companion_id, t.lexeme, coalesce(NEW.user_id, nobody), NEW.id, coalesce(cardinality(t.positions), 1)
    FROM unnest(NEW.search) t;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER keep_postings_added AFTER INSERT ON memories REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION keep_postings();
--> statement-breakpoint
CREATE TRIGGER keep_postings_gone AFTER DELETE ON memories REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION keep_postings();
--> statement-breakpoint
CREATE TRIGGER keep_postings_changed AFTER UPDATE OF search ON memories FOR EACH ROW
WHEN (OLD.search IS DISTINCT FROM NEW.search) EXECUTE FUNCTION keep_postings();
--> statement-breakpoint
-- What is there already: its terms get the date and the speaker, then come its postings, its neighbourhoods, and what it
-- is owed. Row-level security is lifted meanwhile, since the owner may not be able to pass it.
ALTER TABLE memories NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE relations NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE postings NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE neighborhoods NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE memories DISABLE TRIGGER USER;
--> statement-breakpoint
UPDATE memories m SET search = m.search
  || setweight(to_tsvector('english', to_char(m.valid_from AT TIME ZONE 'UTC', 'FMDD FMMonth FMYYYY')), 'C')
  || array_to_tsvector(coalesce((
    SELECT array_agg(DISTINCT left('@' || name, 500))
    FROM regexp_replace(lower(btrim(m.context ->> 'speaker')), '\s+', ' ', 'g') AS s (speaker),
      unnest(ARRAY[speaker, split_part(speaker, ' ', 1)]) AS n (name)
    WHERE name <> ''), '{}'));
--> statement-breakpoint
ALTER TABLE memories ENABLE TRIGGER USER;
--> statement-breakpoint
INSERT INTO postings (workspace_id, companion_id, term, user_id, memory_id, frequency)
SELECT m.workspace_id, m.companion_id, t.lexeme, coalesce(m.user_id, '00000000-0000-0000-0000-000000000000'), m.id,
  coalesce(cardinality(t.positions), 1)
FROM memories m CROSS JOIN LATERAL unnest(m.search) t;
--> statement-breakpoint
WITH RECURSIVE reach (workspace_id, origin, lineage_id, hops, later) AS (
  SELECT DISTINCT r.workspace_id, e.lineage_id, e.lineage_id, 0, d.later
  FROM relations r
  CROSS JOIN LATERAL (VALUES (r.from_lineage_id), (r.to_lineage_id)) AS e (lineage_id)
  CROSS JOIN (VALUES (true), (false)) AS d (later)
  WHERE r.type = 'FOLLOWS' AND r.retracted_at IS NULL
  UNION
  SELECT reach.workspace_id, reach.origin, next.lineage_id, reach.hops + 1, reach.later
  FROM reach CROSS JOIN LATERAL (
    (SELECT r.from_lineage_id AS lineage_id FROM relations r
     WHERE reach.later AND r.workspace_id = reach.workspace_id AND r.to_lineage_id = reach.lineage_id AND r.type = 'FOLLOWS'
       AND r.retracted_at IS NULL ORDER BY r.recorded_at DESC, r.id DESC LIMIT 4)
    UNION ALL
    (SELECT r.to_lineage_id FROM relations r
     WHERE NOT reach.later AND r.workspace_id = reach.workspace_id AND r.from_lineage_id = reach.lineage_id AND r.type = 'FOLLOWS'
       AND r.retracted_at IS NULL ORDER BY r.recorded_at DESC, r.id DESC LIMIT 4)
  ) next
  WHERE reach.hops < 4
), nearest AS (
  SELECT DISTINCT ON (workspace_id, origin, lineage_id) workspace_id, origin, lineage_id, CASE WHEN later THEN hops ELSE -hops END AS hops
  FROM reach WHERE lineage_id <> origin ORDER BY workspace_id, origin, lineage_id, reach.hops, later DESC
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY workspace_id, origin ORDER BY abs(hops), lineage_id DESC) AS place FROM nearest
)
INSERT INTO neighborhoods (workspace_id, lineage_id, near, hops)
SELECT workspace_id, origin, array_agg(lineage_id ORDER BY place), array_agg(hops::smallint ORDER BY place)
FROM ranked WHERE place <= 32 GROUP BY workspace_id, origin;
--> statement-breakpoint
ALTER TABLE memories FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE relations FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE postings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE neighborhoods FORCE ROW LEVEL SECURITY;
