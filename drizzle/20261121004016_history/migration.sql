-- Row-level security holds for the owner of the tables too.
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
  LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
--> statement-breakpoint
-- Keeps what a row was before a change in the table's `…_history` twin, until the mutation's stamp, and stamps the row.
-- The twin has the same columns in the same order behind `known_until`. A row changed twice by one mutation is kept
-- once. Only a mention is ever deleted by itself; other rows, and mentions with them, go by forgetting, which reaches
-- this trigger through a cascading key (depth > 1) and keeps nothing.
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stamp timestamptz(3) := nullif(current_setting('palimpsest.stamp', true), '')::timestamptz;
BEGIN
  IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
    RETURN OLD;
  END IF;
  IF stamp IS NULL THEN
    RAISE EXCEPTION 'a change of % needs a stamp', TG_TABLE_NAME;
  END IF;
  IF OLD.known_from < stamp THEN
    EXECUTE format('INSERT INTO %I SELECT $1, ($2).*', TG_TABLE_NAME || '_history') USING stamp, OLD;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  NEW.known_from := greatest(stamp, OLD.known_from);
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON memories FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON relations FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON entities FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE DELETE ON mentions FOR EACH ROW EXECUTE FUNCTION keep_history();
