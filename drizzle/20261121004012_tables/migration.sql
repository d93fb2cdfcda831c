CREATE TYPE "memory_type" AS ENUM('FACT', 'EXPERIENCE', 'PREFERENCE', 'INSTRUCTION', 'REFLECTION');--> statement-breakpoint
CREATE TYPE "relation_type" AS ENUM('FOLLOWS', 'CONTRADICTS', 'ELABORATES', 'CORRECTS', 'REFERENCES', 'CAUSES');--> statement-breakpoint
CREATE TABLE "companions" (
	"workspace_id" uuid,
	"id" uuid,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"config" jsonb DEFAULT '{}' NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "companions_pkey" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "companions_key" UNIQUE("workspace_id","key")
);
--> statement-breakpoint
ALTER TABLE "companions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "entities" (
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"folded_name" text NOT NULL,
	"aliases" jsonb DEFAULT '[]' NOT NULL,
	"merged_into" uuid,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "entities_pkey" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "entities_name" UNIQUE("workspace_id","companion_id","type","folded_name")
);
--> statement-breakpoint
ALTER TABLE "entities" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "entities_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"folded_name" text NOT NULL,
	"aliases" jsonb DEFAULT '[]' NOT NULL,
	"merged_into" uuid,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "entities_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "entities_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "mentions" (
	"workspace_id" uuid,
	"memory_id" uuid,
	"entity_id" uuid,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "mentions_pkey" PRIMARY KEY("workspace_id","memory_id","entity_id")
);
--> statement-breakpoint
ALTER TABLE "mentions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "mentions_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"memory_id" uuid,
	"entity_id" uuid,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "mentions_history_pkey" PRIMARY KEY("workspace_id","memory_id","entity_id","known_until")
);
--> statement-breakpoint
ALTER TABLE "mentions_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"workspace_id" uuid,
	"key" text,
	"mutation" text NOT NULL,
	"input_hash" text NOT NULL,
	"result" jsonb,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("workspace_id","key")
);
--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "idempotency_subjects" (
	"workspace_id" uuid,
	"lineage_id" uuid,
	"key" text,
	CONSTRAINT "idempotency_subjects_pkey" PRIMARY KEY("workspace_id","lineage_id","key")
);
--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lineages" (
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"slot" text,
	CONSTRAINT "lineages_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "lineages" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "memories" (
	"workspace_id" uuid,
	"id" uuid,
	"lineage_id" uuid NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"type" "memory_type" NOT NULL,
	"content" text NOT NULL,
	"content_fold" text NOT NULL,
	"summary" text,
	"slot" text,
	"context" jsonb DEFAULT '{}' NOT NULL,
	"confidence" double precision NOT NULL,
	"importance" double precision NOT NULL,
	"importance_as_of" timestamp(3) with time zone NOT NULL,
	"access_count" integer DEFAULT 0 NOT NULL,
	"last_accessed_at" timestamp(3) with time zone,
	"valid_from" timestamp(3) with time zone NOT NULL,
	"stated_until" timestamp(3) with time zone,
	"valid_until" timestamp(3) with time zone,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"retracted_at" timestamp(3) with time zone,
	"expires_at" timestamp(3) with time zone,
	"archived_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	"search" tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', content), 'A') || setweight(to_tsvector('english', coalesce(summary, '')), 'B')) STORED,
	CONSTRAINT "memories_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "memories" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "memories_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"lineage_id" uuid NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"type" "memory_type" NOT NULL,
	"content" text NOT NULL,
	"content_fold" text NOT NULL,
	"summary" text,
	"slot" text,
	"context" jsonb DEFAULT '{}' NOT NULL,
	"confidence" double precision NOT NULL,
	"importance" double precision NOT NULL,
	"importance_as_of" timestamp(3) with time zone NOT NULL,
	"access_count" integer DEFAULT 0 NOT NULL,
	"last_accessed_at" timestamp(3) with time zone,
	"valid_from" timestamp(3) with time zone NOT NULL,
	"stated_until" timestamp(3) with time zone,
	"valid_until" timestamp(3) with time zone,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"retracted_at" timestamp(3) with time zone,
	"expires_at" timestamp(3) with time zone,
	"archived_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	"search" tsvector,
	CONSTRAINT "memories_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "memories_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "memory_embeddings" (
	"workspace_id" uuid,
	"memory_id" uuid,
	"model" text,
	"dimension" integer NOT NULL,
	"embedding" vector NOT NULL,
	CONSTRAINT "memory_embeddings_pkey" PRIMARY KEY("workspace_id","memory_id","model")
);
--> statement-breakpoint
ALTER TABLE "memory_embeddings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "relations" (
	"workspace_id" uuid,
	"id" uuid,
	"from_lineage_id" uuid NOT NULL,
	"to_lineage_id" uuid NOT NULL,
	"from_memory_id" uuid NOT NULL,
	"to_memory_id" uuid NOT NULL,
	"type" "relation_type" NOT NULL,
	"strength" double precision NOT NULL,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"retracted_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "relations_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "relations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "relations_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"from_lineage_id" uuid NOT NULL,
	"to_lineage_id" uuid NOT NULL,
	"from_memory_id" uuid NOT NULL,
	"to_memory_id" uuid NOT NULL,
	"type" "relation_type" NOT NULL,
	"strength" double precision NOT NULL,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"retracted_at" timestamp(3) with time zone,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "relations_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "relations_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "users" (
	"workspace_id" uuid,
	"id" uuid,
	"external_id" text NOT NULL,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "users_pkey" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "users_external_id" UNIQUE("workspace_id","external_id")
);
--> statement-breakpoint
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" uuid PRIMARY KEY,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workspaces" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "entities_folded_name" ON "entities" ("workspace_id","folded_name");--> statement-breakpoint
CREATE INDEX "entities_merged" ON "entities" ("workspace_id","merged_into");--> statement-breakpoint
CREATE INDEX "mentions_entity" ON "mentions" ("workspace_id","entity_id","memory_id");--> statement-breakpoint
CREATE INDEX "mentions_history_entity" ON "mentions_history" ("workspace_id","entity_id","memory_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" ("workspace_id","recorded_at");--> statement-breakpoint
CREATE INDEX "idempotency_subjects_key" ON "idempotency_subjects" ("workspace_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "lineages_slot" ON "lineages" ("workspace_id","companion_id",coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid),"slot") WHERE slot is not null;--> statement-breakpoint
CREATE INDEX "lineages_companion" ON "lineages" ("workspace_id","companion_id");--> statement-breakpoint
CREATE INDEX "lineages_user" ON "lineages" ("workspace_id","user_id");--> statement-breakpoint
CREATE INDEX "memories_lineage" ON "memories" ("workspace_id","lineage_id","valid_from");--> statement-breakpoint
CREATE INDEX "memories_recorded" ON "memories" ("workspace_id","recorded_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "memories_companion_recorded" ON "memories" ("workspace_id","companion_id","recorded_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "memories_companion_valid" ON "memories" ("workspace_id","companion_id","valid_from" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "memories_user_recorded" ON "memories" ("workspace_id","user_id","recorded_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "memories_content" ON "memories" ("workspace_id","companion_id","content_fold");--> statement-breakpoint
CREATE INDEX "memories_expiry" ON "memories" ("workspace_id","expires_at") WHERE expires_at is not null;--> statement-breakpoint
CREATE INDEX "memories_history_lineage" ON "memories_history" ("workspace_id","lineage_id","valid_from");--> statement-breakpoint
CREATE INDEX "memories_history_companion" ON "memories_history" ("workspace_id","companion_id","recorded_at" DESC);--> statement-breakpoint
CREATE UNIQUE INDEX "relations_edge" ON "relations" ("workspace_id","from_lineage_id","to_lineage_id","type") WHERE retracted_at is null and type <> 'CORRECTS';--> statement-breakpoint
CREATE INDEX "relations_from" ON "relations" ("workspace_id","from_lineage_id","strength" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "relations_to" ON "relations" ("workspace_id","to_lineage_id","strength" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "relations_history_from" ON "relations_history" ("workspace_id","from_lineage_id");--> statement-breakpoint
CREATE INDEX "relations_history_to" ON "relations_history" ("workspace_id","to_lineage_id");--> statement-breakpoint
ALTER TABLE "companions" ADD CONSTRAINT "companions_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "entities" ADD CONSTRAINT "entities_GfPga6zHMOCM_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "entities_history" ADD CONSTRAINT "entities_history_workspace_id_id_entities_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","id") REFERENCES "entities"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "mentions" ADD CONSTRAINT "mentions_workspace_id_memory_id_memories_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "mentions" ADD CONSTRAINT "mentions_workspace_id_entity_id_entities_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","entity_id") REFERENCES "entities"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "mentions_history" ADD CONSTRAINT "mentions_history_hMojOXguzpLi_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "mentions_history" ADD CONSTRAINT "mentions_history_YUuOcVSrABwI_fkey" FOREIGN KEY ("workspace_id","entity_id") REFERENCES "entities"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ADD CONSTRAINT "idempotency_subjects_uW1HyUG3ImRm_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ADD CONSTRAINT "idempotency_subjects_uoFwB5w6kewQ_fkey" FOREIGN KEY ("workspace_id","key") REFERENCES "idempotency_keys"("workspace_id","key") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "lineages" ADD CONSTRAINT "lineages_GfPga6yCZMVZ_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "lineages" ADD CONSTRAINT "lineages_workspace_id_user_id_users_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "users"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "memories" ADD CONSTRAINT "memories_workspace_id_lineage_id_lineages_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "memories_history" ADD CONSTRAINT "memories_history_o3meR6w5RVVJ_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "memory_embeddings" ADD CONSTRAINT "memory_embeddings_xB2qB9J1ySPG_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "relations" ADD CONSTRAINT "relations_N1PgqrYYHtCt_fkey" FOREIGN KEY ("workspace_id","from_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "relations" ADD CONSTRAINT "relations_EdMcO70DEooo_fkey" FOREIGN KEY ("workspace_id","to_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "relations_history" ADD CONSTRAINT "relations_history_oe4GAIi2tIqi_fkey" FOREIGN KEY ("workspace_id","from_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "relations_history" ADD CONSTRAINT "relations_history_p9y71v7iCKsx_fkey" FOREIGN KEY ("workspace_id","to_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "companions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "entities" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "entities_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "mentions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "mentions_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "idempotency_keys" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "idempotency_subjects" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "lineages" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "memories" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "memories_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "memory_embeddings" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "relations" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "relations_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "users" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "workspaces" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);