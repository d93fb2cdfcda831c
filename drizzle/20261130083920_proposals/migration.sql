CREATE TABLE "extractions" (
	"workspace_id" uuid,
	"conversation_id" uuid,
	"position" integer NOT NULL,
	"read_at" timestamp(3) with time zone,
	"claim" uuid,
	"claimed_until" timestamp(3) with time zone,
	CONSTRAINT "extractions_pkey" PRIMARY KEY("workspace_id","conversation_id")
);
--> statement-breakpoint
ALTER TABLE "extractions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "extractions" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "proposal_sources" (
	"workspace_id" uuid,
	"proposal_id" uuid,
	"place" smallint,
	"role" smallint NOT NULL,
	"message_id" uuid,
	"memory_id" uuid,
	"lineage_id" uuid,
	"quote" text,
	CONSTRAINT "proposal_sources_pkey" PRIMARY KEY("workspace_id","proposal_id","place")
);
--> statement-breakpoint
ALTER TABLE "proposal_sources" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "proposal_sources" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "proposals" (
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"conversation_id" uuid NOT NULL,
	"kind" smallint NOT NULL,
	"status" smallint DEFAULT 0 NOT NULL,
	"draft" jsonb NOT NULL,
	"memory_id" uuid,
	"other_id" uuid,
	"confidence" double precision NOT NULL,
	"proposed_by" text NOT NULL,
	"proposed_at" timestamp(3) with time zone NOT NULL,
	"decided_at" timestamp(3) with time zone,
	"decided_by" text,
	"note" text,
	CONSTRAINT "proposals_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "proposals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "proposals" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "proposal_sources_lineage" ON "proposal_sources" ("workspace_id","lineage_id") WHERE lineage_id is not null;--> statement-breakpoint
CREATE INDEX "proposal_sources_message" ON "proposal_sources" ("workspace_id","message_id") WHERE message_id is not null;--> statement-breakpoint
CREATE INDEX "proposals_status" ON "proposals" ("workspace_id","status","proposed_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "proposals_companion" ON "proposals" ("workspace_id","companion_id","status","proposed_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "proposals_user" ON "proposals" ("workspace_id","user_id","status","proposed_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "proposals_conversation" ON "proposals" ("workspace_id","conversation_id");--> statement-breakpoint
ALTER TABLE "extractions" ADD CONSTRAINT "extractions_jwENboVFTd7D_fkey" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "conversations"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "proposal_sources" ADD CONSTRAINT "proposal_sources_PKGLdBgAjWyy_fkey" FOREIGN KEY ("workspace_id","proposal_id") REFERENCES "proposals"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "proposals" ADD CONSTRAINT "proposals_7wOOFUae57JY_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "proposals" ADD CONSTRAINT "proposals_workspace_id_user_id_users_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "users"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "proposals" ADD CONSTRAINT "proposals_zHea4lBYX3bi_fkey" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "conversations"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "extractions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "extractions" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = extractions.workspace_id and o.id = extractions.conversation_id offset 0));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "extractions" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = extractions.workspace_id and o.id = extractions.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "extractions" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = extractions.workspace_id and o.id = extractions.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0)) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = extractions.workspace_id and o.id = extractions.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "extractions" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = extractions.workspace_id and o.id = extractions.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "tenant" ON "proposal_sources" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "proposal_sources" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from proposals o where o.workspace_id = proposal_sources.workspace_id and o.id = proposal_sources.proposal_id offset 0));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "proposal_sources" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from proposals o where o.workspace_id = proposal_sources.workspace_id and o.id = proposal_sources.proposal_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "proposal_sources" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from proposals o where o.workspace_id = proposal_sources.workspace_id and o.id = proposal_sources.proposal_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0)) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from proposals o where o.workspace_id = proposal_sources.workspace_id and o.id = proposal_sources.proposal_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "proposal_sources" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from proposals o where o.workspace_id = proposal_sources.workspace_id and o.id = proposal_sources.proposal_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "tenant" ON "proposals" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "proposals" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (proposals.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "proposals" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "proposals" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "proposals" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or proposals.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));