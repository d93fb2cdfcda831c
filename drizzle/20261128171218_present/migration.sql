ALTER TABLE "event_feeds" ADD COLUMN "latest_at" timestamp(3) with time zone;
--> statement-breakpoint
-- The present of a workspace: the clock's, or the latest stamp, where the clock has been set back behind that. Then the
-- transaction's setting `palimpsest.present` has it, too.
CREATE FUNCTION present_of(workspace uuid, clock timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE latest timestamptz := (SELECT latest_at FROM event_feeds WHERE workspace_id = workspace);
BEGIN
  clock := date_trunc('milliseconds', clock);
  IF latest > clock THEN
    PERFORM set_config('palimpsest.present', latest::text, true);
    RETURN latest;
  END IF;
  RETURN clock;
END $$;
--> statement-breakpoint
-- Keeps the stamp of a mutation that writes no events.
CREATE FUNCTION keep_stamp(workspace uuid, stamp timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO event_feeds (workspace_id, position, latest_at) VALUES (workspace, 0, stamp)
  ON CONFLICT (workspace_id) DO UPDATE SET latest_at = greatest(event_feeds.latest_at, excluded.latest_at)
$$;
