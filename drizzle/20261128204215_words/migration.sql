ALTER TABLE "memories" ADD COLUMN "analysis" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "memories_history" ADD COLUMN "analysis" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "memories_unanalysed" ON "memories" ("workspace_id","id") WHERE analysis < 1;--> statement-breakpoint
-- What only analyses a memory anew changes nothing that is told of it: it keeps no history and moves no moment. A
-- mutation leaves `analysis` as it is.
DROP TRIGGER keep_history ON memories;--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON memories FOR EACH ROW
WHEN (OLD.analysis = NEW.analysis) EXECUTE FUNCTION keep_history();--> statement-breakpoint
-- Then postings are made anew even where the terms stay the same: they hold more than terms.
DROP TRIGGER keep_postings_changed ON memories;--> statement-breakpoint
CREATE TRIGGER keep_postings_changed AFTER UPDATE OF search, analysis ON memories FOR EACH ROW
WHEN (OLD.search IS DISTINCT FROM NEW.search OR OLD.analysis <> NEW.analysis) EXECUTE FUNCTION keep_postings();
