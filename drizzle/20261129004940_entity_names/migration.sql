CREATE TABLE "entity_terms" (
	"workspace_id" uuid,
	"term" text collate "C",
	"companion_id" uuid,
	"entity_id" uuid,
	CONSTRAINT "entity_terms_pkey" PRIMARY KEY("workspace_id","term","companion_id","entity_id")
);
--> statement-breakpoint
ALTER TABLE "entity_terms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "entities" ADD COLUMN "search" tsvector;--> statement-breakpoint
ALTER TABLE "entities" ADD COLUMN "analysis" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "entities_history" ADD COLUMN "search" tsvector;--> statement-breakpoint
ALTER TABLE "entities_history" ADD COLUMN "analysis" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "entities_unanalysed" ON "entities" ("workspace_id","id") WHERE analysis < 2;--> statement-breakpoint
CREATE POLICY "tenant" ON "entity_terms" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "entity_terms" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or entity_terms.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and exists (select from entities o where o.workspace_id = entity_terms.workspace_id and o.id = entity_terms.entity_id offset 0));--> statement-breakpoint
ALTER TABLE "entity_terms" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- What only analyses a name anew changes nothing that is told of the entity, as of memories.
DROP TRIGGER keep_history ON entities;--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON entities FOR EACH ROW
WHEN (OLD.analysis = NEW.analysis) EXECUTE FUNCTION keep_history();--> statement-breakpoint
-- Keeps `entity_terms` what `entities.search` says. Without statistics the planner would read whole workspaces.
CREATE FUNCTION keep_entity_terms() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO entity_terms (workspace_id, term, companion_id, entity_id)
    SELECT e.workspace_id, t.lexeme, e.companion_id, e.id FROM added e CROSS JOIN LATERAL unnest(e.search) t;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM entity_terms x USING gone e CROSS JOIN LATERAL unnest(e.search) t
    WHERE x.workspace_id = e.workspace_id AND x.term = t.lexeme COLLATE "C" AND x.companion_id = e.companion_id
      AND x.entity_id = e.id;
  ELSE
    DELETE FROM entity_terms x USING unnest(OLD.search) t
    WHERE x.workspace_id = OLD.workspace_id AND x.term = t.lexeme COLLATE "C" AND x.companion_id = OLD.companion_id
      AND x.entity_id = OLD.id;
    INSERT INTO entity_terms (workspace_id, term, companion_id, entity_id)
    SELECT NEW.workspace_id, t.lexeme, NEW.companion_id, NEW.id FROM unnest(NEW.search) t;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER keep_terms_added AFTER INSERT ON entities REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION keep_entity_terms();--> statement-breakpoint
CREATE TRIGGER keep_terms_gone AFTER DELETE ON entities REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION keep_entity_terms();--> statement-breakpoint
CREATE TRIGGER keep_terms_changed AFTER UPDATE OF search ON entities FOR EACH ROW
WHEN (OLD.search IS DISTINCT FROM NEW.search) EXECUTE FUNCTION keep_entity_terms();--> statement-breakpoint
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND proname = 'keep_entity_terms'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', f, 'public'::regnamespace);
  END LOOP;
END $$;
