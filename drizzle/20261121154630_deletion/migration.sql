ALTER TABLE "workspaces" ADD COLUMN "deleting_since" timestamp(3) with time zone;
--> statement-breakpoint
-- Asked whenever a transaction steps into a workspace. Its plan is kept for the session, so that it costs next to nothing.
CREATE FUNCTION refuse_unless_in_use(workspace uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM workspaces WHERE id = workspace AND deleting_since IS NULL) THEN
    RAISE EXCEPTION 'there is no such workspace, or it is being deleted' USING ERRCODE = 'WSOFF';
  END IF;
END $$;
