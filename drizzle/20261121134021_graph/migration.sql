DROP INDEX "relations_from";--> statement-breakpoint
CREATE INDEX "relations_from" ON "relations" ("workspace_id","from_lineage_id","strength" DESC,"id" DESC,"to_lineage_id","type","retracted_at");--> statement-breakpoint
DROP INDEX "relations_to";--> statement-breakpoint
CREATE INDEX "relations_to" ON "relations" ("workspace_id","to_lineage_id","strength" DESC,"id" DESC,"from_lineage_id","type","retracted_at");