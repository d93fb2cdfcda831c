CREATE TABLE "consolidations" (
	"workspace_id" uuid,
	"companion_id" uuid,
	"ran_at" timestamp(3) with time zone NOT NULL,
	"examined" integer NOT NULL,
	CONSTRAINT "consolidations_pkey" PRIMARY KEY("workspace_id","companion_id")
);
--> statement-breakpoint
ALTER TABLE "consolidations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "consolidations" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "profiles" (
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"entity_id" uuid,
	"summary_lineage_id" uuid NOT NULL,
	"total" integer NOT NULL,
	"covered" integer NOT NULL,
	"centroid" real[],
	"centroid_model" text,
	"created_at" timestamp(3) with time zone NOT NULL,
	"refreshed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "profiles_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "profiles" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "profiles" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "summaries" (
	"workspace_id" uuid,
	"lineage_id" uuid,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"kind" smallint NOT NULL,
	"method" smallint NOT NULL,
	"memory_id" uuid NOT NULL,
	"size" integer NOT NULL,
	"refreshed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "summaries_pkey" PRIMARY KEY("workspace_id","lineage_id")
);
--> statement-breakpoint
ALTER TABLE "summaries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "summaries" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "summary_sources" (
	"workspace_id" uuid,
	"summary_lineage_id" uuid,
	"source_lineage_id" uuid,
	"source_id" uuid NOT NULL,
	"line" smallint,
	"is_member" boolean NOT NULL,
	"is_topic" boolean NOT NULL,
	CONSTRAINT "summary_sources_pkey" PRIMARY KEY("workspace_id","summary_lineage_id","source_lineage_id")
);
--> statement-breakpoint
ALTER TABLE "summary_sources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "summary_sources" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE UNIQUE INDEX "profiles_of" ON "profiles" ("workspace_id","companion_id",coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid),coalesce(entity_id, '00000000-0000-0000-0000-000000000000'::uuid));--> statement-breakpoint
CREATE INDEX "profiles_companion" ON "profiles" ("workspace_id","companion_id","created_at","id");--> statement-breakpoint
CREATE INDEX "profiles_entity" ON "profiles" ("workspace_id","entity_id");--> statement-breakpoint
CREATE INDEX "profiles_summary" ON "profiles" ("workspace_id","summary_lineage_id");--> statement-breakpoint
CREATE INDEX "summaries_companion" ON "summaries" ("workspace_id","companion_id","user_id","kind","size");--> statement-breakpoint
CREATE INDEX "summaries_user" ON "summaries" ("workspace_id","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "summary_sources_topic" ON "summary_sources" ("workspace_id","source_lineage_id") WHERE is_topic;--> statement-breakpoint
CREATE INDEX "summary_sources_source" ON "summary_sources" ("workspace_id","source_lineage_id");--> statement-breakpoint
ALTER TABLE "consolidations" ADD CONSTRAINT "consolidations_4j6hu4GgOyJm_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "profiles" ADD CONSTRAINT "profiles_workspace_id_entity_id_entities_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","entity_id") REFERENCES "entities"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "profiles" ADD CONSTRAINT "profiles_rxMi3LozvJ0s_fkey" FOREIGN KEY ("workspace_id","summary_lineage_id") REFERENCES "summaries"("workspace_id","lineage_id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "summaries" ADD CONSTRAINT "summaries_workspace_id_lineage_id_lineages_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "summary_sources" ADD CONSTRAINT "summary_sources_VPlk2zwefBU9_fkey" FOREIGN KEY ("workspace_id","summary_lineage_id") REFERENCES "summaries"("workspace_id","lineage_id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "summary_sources" ADD CONSTRAINT "summary_sources_6ZBZ7VhTk3rA_fkey" FOREIGN KEY ("workspace_id","source_lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "consolidations" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "profiles" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "profiles" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (profiles.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "profiles" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "profiles" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "profiles" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or profiles.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "tenant" ON "summaries" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "summaries" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (summaries.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "summaries" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "summaries" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "summaries" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or summaries.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "tenant" ON "summary_sources" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "summary_sources" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from summaries o where o.workspace_id = summary_sources.workspace_id and o.lineage_id = summary_sources.summary_lineage_id offset 0));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "summary_sources" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from summaries o where o.workspace_id = summary_sources.workspace_id and o.lineage_id = summary_sources.summary_lineage_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "summary_sources" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from summaries o where o.workspace_id = summary_sources.workspace_id and o.lineage_id = summary_sources.summary_lineage_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0)) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from summaries o where o.workspace_id = summary_sources.workspace_id and o.lineage_id = summary_sources.summary_lineage_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "summary_sources" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from summaries o where o.workspace_id = summary_sources.workspace_id and o.lineage_id = summary_sources.summary_lineage_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));