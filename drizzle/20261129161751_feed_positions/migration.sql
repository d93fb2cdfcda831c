-- How far the feeds of several workspaces have come, in one statement: each is entered in turn, as row-level security has
-- it. Workspaces without events are left out. Run it as a statement of its own: it leaves the transaction in the last one.
CREATE FUNCTION feed_positions(workspaces uuid[]) RETURNS TABLE (workspace uuid, reached bigint) LANGUAGE plpgsql AS $$
BEGIN
  FOREACH workspace IN ARRAY workspaces LOOP
    PERFORM set_config('palimpsest.workspace_id', workspace::text, true);
    reached := (SELECT f.position FROM event_feeds f WHERE f.workspace_id = workspace);
    IF reached IS NOT NULL THEN RETURN NEXT; END IF;
  END LOOP;
END $$;
--> statement-breakpoint
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND proname = 'feed_positions'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', f, 'public'::regnamespace);
  END LOOP;
END $$;
