CREATE TYPE "contradiction_resolution" AS ENUM('KEEP_MEMORY', 'KEEP_BY', 'SUCCEEDED', 'DISMISSED');--> statement-breakpoint
CREATE TYPE "contradiction_status" AS ENUM('OPEN', 'RESOLVED', 'DISMISSED');--> statement-breakpoint
CREATE TYPE "decision_kind" AS ENUM('MISTAKE', 'CHANGE', 'RETRACTED', 'ENDED');--> statement-breakpoint
CREATE TYPE "event_kind" AS ENUM('RECORDED', 'UPDATED', 'CORRECTED', 'RETRACTED', 'REVERTED', 'RELATED', 'UNRELATED', 'CONTRADICTED', 'RESOLVED', 'REOPENED', 'ARCHIVED', 'RESTORED', 'DECAYED', 'REINFORCED', 'ENTITIES_MERGED');--> statement-breakpoint
CREATE TABLE "contradictions" (
	"workspace_id" uuid,
	"id" uuid,
	"memory_lineage_id" uuid NOT NULL,
	"by_lineage_id" uuid NOT NULL,
	"memory_anchor_id" uuid NOT NULL,
	"by_anchor_id" uuid NOT NULL,
	"memory_id" uuid NOT NULL,
	"by_id" uuid NOT NULL,
	"is_of_slot" boolean DEFAULT false NOT NULL,
	"strength" double precision NOT NULL,
	"reason" text,
	"status" "contradiction_status" NOT NULL,
	"resolution" "contradiction_resolution",
	"note" text,
	"relation_id" uuid NOT NULL,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"resolved_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "contradictions_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "contradictions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "contradictions_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"memory_lineage_id" uuid NOT NULL,
	"by_lineage_id" uuid NOT NULL,
	"memory_anchor_id" uuid NOT NULL,
	"by_anchor_id" uuid NOT NULL,
	"memory_id" uuid NOT NULL,
	"by_id" uuid NOT NULL,
	"is_of_slot" boolean DEFAULT false NOT NULL,
	"strength" double precision NOT NULL,
	"reason" text,
	"status" "contradiction_status" NOT NULL,
	"resolution" "contradiction_resolution",
	"note" text,
	"relation_id" uuid NOT NULL,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"resolved_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "contradictions_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "contradictions_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "decisions" (
	"workspace_id" uuid,
	"id" uuid,
	"kind" "decision_kind" NOT NULL,
	"memory_id" uuid NOT NULL,
	"version_id" uuid,
	"effective_at" timestamp(3) with time zone,
	"relation_id" uuid,
	"reason" text,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"reverted_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "decisions_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "decisions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "decisions_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"kind" "decision_kind" NOT NULL,
	"memory_id" uuid NOT NULL,
	"version_id" uuid,
	"effective_at" timestamp(3) with time zone,
	"relation_id" uuid,
	"reason" text,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"reverted_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "decisions_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "decisions_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "decay_policies" (
	"workspace_id" uuid,
	"type" "memory_type",
	"half_life_days" double precision,
	"floor" double precision NOT NULL,
	"archive_below" double precision,
	"access_stretch" double precision NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "decay_policies_pkey" PRIMARY KEY("workspace_id","type")
);
--> statement-breakpoint
ALTER TABLE "decay_policies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "decay_policies_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"type" "memory_type",
	"half_life_days" double precision,
	"floor" double precision NOT NULL,
	"archive_below" double precision,
	"access_stretch" double precision NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "decay_policies_history_pkey" PRIMARY KEY("workspace_id","type","known_until")
);
--> statement-breakpoint
ALTER TABLE "decay_policies_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "event_feeds" (
	"workspace_id" uuid PRIMARY KEY,
	"position" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event_feeds" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "events" (
	"workspace_id" uuid,
	"id" uuid,
	"position" bigint NOT NULL,
	"kind" "event_kind" NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"memory_id" uuid NOT NULL,
	"lineage_id" uuid NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"other_lineage_id" uuid,
	"other_companion_id" uuid,
	"other_user_id" uuid,
	"relation_id" uuid,
	"contradiction_id" uuid,
	"reason" text,
	"changes" jsonb DEFAULT '{}' NOT NULL,
	CONSTRAINT "events_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "memories" ADD COLUMN "is_corrected" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "memories" ADD COLUMN "is_contested" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "memories_history" ADD COLUMN "is_corrected" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "memories_history" ADD COLUMN "is_contested" boolean DEFAULT false NOT NULL;--> statement-breakpoint
DROP INDEX "memories_content";--> statement-breakpoint
CREATE INDEX "memories_content" ON "memories" ("workspace_id","content_fold","companion_id");--> statement-breakpoint
CREATE UNIQUE INDEX "contradictions_pair" ON "contradictions" ("workspace_id",least(memory_lineage_id, by_lineage_id),greatest(memory_lineage_id, by_lineage_id));--> statement-breakpoint
CREATE INDEX "contradictions_opened" ON "contradictions" ("workspace_id","opened_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "contradictions_memory_lineage" ON "contradictions" ("workspace_id","memory_lineage_id");--> statement-breakpoint
CREATE INDEX "contradictions_by_lineage" ON "contradictions" ("workspace_id","by_lineage_id");--> statement-breakpoint
CREATE INDEX "contradictions_memory" ON "contradictions" ("workspace_id","memory_id");--> statement-breakpoint
CREATE INDEX "contradictions_by" ON "contradictions" ("workspace_id","by_id");--> statement-breakpoint
CREATE INDEX "contradictions_history_memory" ON "contradictions_history" ("workspace_id","memory_id");--> statement-breakpoint
CREATE INDEX "contradictions_history_by" ON "contradictions_history" ("workspace_id","by_id");--> statement-breakpoint
CREATE INDEX "decisions_memory" ON "decisions" ("workspace_id","memory_id");--> statement-breakpoint
CREATE INDEX "decisions_version" ON "decisions" ("workspace_id","version_id");--> statement-breakpoint
CREATE INDEX "decisions_history_memory" ON "decisions_history" ("workspace_id","memory_id");--> statement-breakpoint
CREATE UNIQUE INDEX "events_position" ON "events" ("workspace_id","position");--> statement-breakpoint
CREATE INDEX "events_lineage" ON "events" ("workspace_id","lineage_id","position");--> statement-breakpoint
CREATE INDEX "events_other_lineage" ON "events" ("workspace_id","other_lineage_id","position") WHERE other_lineage_id is not null;--> statement-breakpoint
CREATE INDEX "events_companion" ON "events" ("workspace_id","companion_id","position");--> statement-breakpoint
CREATE INDEX "events_other_companion" ON "events" ("workspace_id","other_companion_id","position") WHERE other_companion_id is not null;--> statement-breakpoint
CREATE INDEX "memories_retracted" ON "memories" ("workspace_id","lineage_id") WHERE retracted_at is not null;--> statement-breakpoint
CREATE INDEX "memories_contested" ON "memories" ("workspace_id","lineage_id") WHERE is_contested;--> statement-breakpoint
CREATE INDEX "memories_history_known" ON "memories_history" ("workspace_id","companion_id","known_until");--> statement-breakpoint
ALTER TABLE "contradictions" ADD CONSTRAINT "contradictions_YbzkAPwW0zJj_fkey" FOREIGN KEY ("workspace_id","memory_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "contradictions" ADD CONSTRAINT "contradictions_9g4EiQPO9MQ7_fkey" FOREIGN KEY ("workspace_id","by_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "contradictions_history" ADD CONSTRAINT "contradictions_history_VMBIjQKUMQ1k_fkey" FOREIGN KEY ("workspace_id","memory_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "contradictions_history" ADD CONSTRAINT "contradictions_history_KKuoaUKxw78U_fkey" FOREIGN KEY ("workspace_id","by_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_workspace_id_memory_id_memories_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_workspace_id_version_id_memories_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","version_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "decisions_history" ADD CONSTRAINT "decisions_history_cmMWyF67GLyw_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "decay_policies" ADD CONSTRAINT "decay_policies_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "decay_policies_history" ADD CONSTRAINT "decay_policies_history_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "event_feeds" ADD CONSTRAINT "event_feeds_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_workspace_id_lineage_id_lineages_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "contradictions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "contradictions_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "decisions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "decisions_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "decay_policies" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "decay_policies_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "event_feeds" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "events" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);