ALTER TYPE "event_kind" ADD VALUE 'FOUND';--> statement-breakpoint
ALTER TYPE "event_kind" ADD VALUE 'JUDGED';--> statement-breakpoint
CREATE TABLE "chat_usage" (
	"workspace_id" uuid,
	"day" integer,
	"tokens" bigint NOT NULL,
	CONSTRAINT "chat_usage_pkey" PRIMARY KEY("workspace_id","day")
);
--> statement-breakpoint
ALTER TABLE "chat_usage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "chat_usage" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "findings" (
	"workspace_id" uuid,
	"id" uuid,
	"memory_lineage_id" uuid NOT NULL,
	"by_lineage_id" uuid NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
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
	"is_hidden" boolean DEFAULT false NOT NULL,
	"confirmed_by" text,
	"confirmed_at" timestamp(3) with time zone,
	"opens" boolean DEFAULT false NOT NULL,
	"due_at" timestamp(3) with time zone,
	"claim" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "findings_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "findings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "findings" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "finding_id" uuid;--> statement-breakpoint
DROP INDEX "entities_unanalysed";--> statement-breakpoint
CREATE INDEX "entities_unanalysed" ON "entities" ("workspace_id","id") WHERE analysis < 3;--> statement-breakpoint
DROP INDEX "memories_unanalysed";--> statement-breakpoint
CREATE INDEX "memories_unanalysed" ON "memories" ("workspace_id","id") WHERE analysis < 3;--> statement-breakpoint
CREATE UNIQUE INDEX "findings_pair" ON "findings" ("workspace_id",least(memory_lineage_id, by_lineage_id),greatest(memory_lineage_id, by_lineage_id));--> statement-breakpoint
CREATE INDEX "findings_open" ON "findings" ("workspace_id","score" DESC,"id" DESC) WHERE verdict is null and not is_hidden;--> statement-breakpoint
CREATE INDEX "findings_open_companion" ON "findings" ("workspace_id","companion_id","score" DESC,"id" DESC) WHERE verdict is null and not is_hidden;--> statement-breakpoint
CREATE INDEX "findings_open_user" ON "findings" ("workspace_id","user_id","score" DESC,"id" DESC) WHERE verdict is null and not is_hidden and user_id is not null;--> statement-breakpoint
CREATE INDEX "findings_judged" ON "findings" ("workspace_id","judged_at" DESC,"id" DESC) WHERE verdict is not null;--> statement-breakpoint
CREATE INDEX "findings_due" ON "findings" ("workspace_id","due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "findings_memory_lineage" ON "findings" ("workspace_id","memory_lineage_id");--> statement-breakpoint
CREATE INDEX "findings_by_lineage" ON "findings" ("workspace_id","by_lineage_id");--> statement-breakpoint
CREATE INDEX "findings_contradiction" ON "findings" ("workspace_id","contradiction_id");--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_N95fQJhELhV5_fkey" FOREIGN KEY ("workspace_id","memory_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_Mql9woUVWaJj_fkey" FOREIGN KEY ("workspace_id","by_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "findings" ADD CONSTRAINT "findings_2Kzkh5jcpxij_fkey" FOREIGN KEY ("workspace_id","contradiction_id") REFERENCES "contradictions"("workspace_id","id");--> statement-breakpoint
CREATE POLICY "tenant" ON "chat_usage" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "findings" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "findings" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from lineages o where o.workspace_id = findings.workspace_id and o.id = findings.memory_lineage_id offset 0) and exists (select from lineages o where o.workspace_id = findings.workspace_id and o.id = findings.by_lineage_id offset 0));