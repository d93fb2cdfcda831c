CREATE TABLE "findings" (
	"workspace_id" uuid,
	"id" uuid,
	"memory_lineage_id" uuid NOT NULL,
	"by_lineage_id" uuid NOT NULL,
	"memory_id" uuid NOT NULL,
	"by_id" uuid NOT NULL,
	"kind" smallint NOT NULL,
	"score" double precision NOT NULL,
	"reason" text NOT NULL,
	"memory_text" text NOT NULL,
	"by_text" text NOT NULL,
	"found_at" timestamp(3) with time zone NOT NULL,
	"verdict" smallint,
	"judged_at" timestamp(3) with time zone,
	"judged_by" text,
	"note" text,
	"contradiction_id" uuid,
	CONSTRAINT "findings_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "findings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "findings" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE UNIQUE INDEX "findings_pair" ON "findings" ("workspace_id",least(memory_lineage_id, by_lineage_id),greatest(memory_lineage_id, by_lineage_id));--> statement-breakpoint
CREATE INDEX "findings_open" ON "findings" ("workspace_id","score" DESC,"id" DESC) WHERE verdict is null;--> statement-breakpoint
CREATE INDEX "findings_judged" ON "findings" ("workspace_id","judged_at" DESC,"id" DESC) WHERE verdict is not null;--> statement-breakpoint
CREATE INDEX "findings_memory_lineage" ON "findings" ("workspace_id","memory_lineage_id");--> statement-breakpoint
CREATE INDEX "findings_by_lineage" ON "findings" ("workspace_id","by_lineage_id");--> statement-breakpoint
CREATE INDEX "findings_contradiction" ON "findings" ("workspace_id","contradiction_id");--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_N95fQJhELhV5_fkey" FOREIGN KEY ("workspace_id","memory_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_Mql9woUVWaJj_fkey" FOREIGN KEY ("workspace_id","by_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_2Kzkh5jcpxij_fkey" FOREIGN KEY ("workspace_id","contradiction_id") REFERENCES "contradictions"("workspace_id","id");--> statement-breakpoint
CREATE POLICY "tenant" ON "findings" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "findings" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from lineages o where o.workspace_id = findings.workspace_id and o.id = findings.memory_lineage_id offset 0) and exists (select from lineages o where o.workspace_id = findings.workspace_id and o.id = findings.by_lineage_id offset 0));