DROP INDEX "entities_unanalysed";--> statement-breakpoint
CREATE INDEX "entities_unanalysed" ON "entities" ("workspace_id","id") WHERE analysis < 3;--> statement-breakpoint
DROP INDEX "memories_unanalysed";--> statement-breakpoint
CREATE INDEX "memories_unanalysed" ON "memories" ("workspace_id","id") WHERE analysis < 3;