ALTER POLICY "operator" ON "workspaces" TO "palimpsest_app" USING (current_user <> 'palimpsest_app' and current_user <> 'palimpsest_app_restricted');--> statement-breakpoint
-- Whoever calls them, and whatever schemas are looked in there, functions find these tables and no others.
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND proname IN ('keep_history', 'keep_postings', 'refuse_unless_in_use')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', f, 'public'::regnamespace);
  END LOOP;
END $$;
