CREATE TYPE "message_format" AS ENUM('TEXT', 'AI_SDK_UI', 'AI_SDK_MODEL', 'OPENAI_CHAT', 'OPENAI_ITEM', 'MASTRA', 'LANGCHAIN', 'ANTHROPIC');--> statement-breakpoint
CREATE TYPE "message_role" AS ENUM('SYSTEM', 'USER', 'ASSISTANT', 'TOOL');--> statement-breakpoint
CREATE TYPE "working_memory_scope" AS ENUM('CONVERSATION', 'USER', 'COMPANION');--> statement-breakpoint
CREATE TABLE "conversations" (
	"workspace_id" uuid,
	"id" uuid,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"external_id" text NOT NULL,
	"title" text,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"last_message_at" timestamp(3) with time zone,
	"active_at" timestamp(3) with time zone NOT NULL,
	"message_count" integer DEFAULT 0 NOT NULL,
	"next_position" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "conversations_pkey" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "conversations_external_id" UNIQUE("workspace_id","companion_id","external_id")
);
--> statement-breakpoint
ALTER TABLE "conversations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "messages" (
	"workspace_id" uuid,
	"id" uuid,
	"conversation_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"role" "message_role" NOT NULL,
	"format" "message_format" NOT NULL,
	"is_final" boolean DEFAULT true NOT NULL,
	"is_forgotten" boolean DEFAULT false NOT NULL,
	"tokens" integer,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"recorded_at" timestamp(3) with time zone NOT NULL,
	"memory_id" uuid,
	"lineage_id" uuid,
	"session_id" uuid,
	"digest" uuid,
	"external_id" text,
	"name" text,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	"content" text,
	CONSTRAINT "messages_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "messages" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sessions" (
	"workspace_id" uuid,
	"id" uuid,
	"external_id" text NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"conversation_id" uuid,
	"client_name" text,
	"client_version" text,
	"client_protocol" text,
	"started_at" timestamp(3) with time zone NOT NULL,
	"last_activity_at" timestamp(3) with time zone NOT NULL,
	"expires_after" integer NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"metadata" jsonb DEFAULT '{}' NOT NULL,
	CONSTRAINT "sessions_pkey" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "sessions_external_id" UNIQUE("workspace_id","external_id")
);
--> statement-breakpoint
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "working_memories" (
	"workspace_id" uuid,
	"id" uuid,
	"scope" "working_memory_scope" NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"conversation_id" uuid,
	"content" text NOT NULL,
	"data" jsonb,
	"template" text,
	"schema" jsonb,
	"version" integer NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"updated_by" text NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "working_memories_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "working_memories" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "working_memories_history" (
	"known_until" timestamp(3) with time zone,
	"workspace_id" uuid,
	"id" uuid,
	"scope" "working_memory_scope" NOT NULL,
	"companion_id" uuid NOT NULL,
	"user_id" uuid,
	"conversation_id" uuid,
	"content" text NOT NULL,
	"data" jsonb,
	"template" text,
	"schema" jsonb,
	"version" integer NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"updated_by" text NOT NULL,
	"known_from" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "working_memories_history_pkey" PRIMARY KEY("workspace_id","id","known_until")
);
--> statement-breakpoint
ALTER TABLE "working_memories_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "session_id" uuid;--> statement-breakpoint
CREATE INDEX "conversations_active" ON "conversations" ("workspace_id","active_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "conversations_companion_active" ON "conversations" ("workspace_id","companion_id","active_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "conversations_user_active" ON "conversations" ("workspace_id","user_id","active_at" DESC,"id" DESC);--> statement-breakpoint
CREATE UNIQUE INDEX "messages_position" ON "messages" ("workspace_id","conversation_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_external_id" ON "messages" ("workspace_id","conversation_id","external_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "messages_lineage" ON "messages" ("workspace_id","lineage_id") WHERE lineage_id is not null;--> statement-breakpoint
CREATE INDEX "messages_session" ON "messages" ("workspace_id","session_id") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_started" ON "sessions" ("workspace_id","started_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "sessions_companion_started" ON "sessions" ("workspace_id","companion_id","started_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" ("workspace_id","user_id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_conversation" ON "sessions" ("workspace_id","conversation_id") WHERE conversation_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "sessions" ("workspace_id","expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "working_memories_companion" ON "working_memories" ("workspace_id","companion_id") WHERE scope = 'COMPANION';--> statement-breakpoint
CREATE UNIQUE INDEX "working_memories_user" ON "working_memories" ("workspace_id","companion_id","user_id") WHERE scope = 'USER';--> statement-breakpoint
CREATE UNIQUE INDEX "working_memories_conversation" ON "working_memories" ("workspace_id","conversation_id") WHERE scope = 'CONVERSATION';--> statement-breakpoint
CREATE INDEX "working_memories_of" ON "working_memories" ("workspace_id","companion_id");--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_Nde9GM7rDkdz_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_workspace_id_user_id_users_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "users"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_OYtvM03zlj7f_fkey" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "conversations"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_workspace_id_lineage_id_lineages_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id");--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_GfPgaa85JHEC_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_workspace_id_user_id_users_workspace_id_id_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "users"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_OYtvM3D1Wq1m_fkey" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "conversations"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "working_memories" ADD CONSTRAINT "working_memories_Cm1jIM99PWI0_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "working_memories" ADD CONSTRAINT "working_memories_qaoo6opmURbk_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "users"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "working_memories" ADD CONSTRAINT "working_memories_2n1KgbJ1mrxM_fkey" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "conversations"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "working_memories_history" ADD CONSTRAINT "working_memories_history_2TatlVtzmjMY_fkey" FOREIGN KEY ("workspace_id","id") REFERENCES "working_memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "conversations" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "conversations" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (conversations.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "conversations" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "conversations" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "conversations" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or conversations.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "tenant" ON "messages" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "messages" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id offset 0));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "messages" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "messages" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0)) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "messages" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and exists (select from conversations o where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or o.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])) offset 0));--> statement-breakpoint
CREATE POLICY "tenant" ON "sessions" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "sessions" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (sessions.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "sessions" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "sessions" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "sessions" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or sessions.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "tenant" ON "working_memories" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "working_memories" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (working_memories.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "working_memories" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "working_memories" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "working_memories" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "tenant" ON "working_memories_history" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "restricted_select" ON "working_memories_history" AS PERMISSIVE FOR SELECT TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and (working_memories_history.user_id is null or (select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_insert" ON "working_memories_history" AS PERMISSIVE FOR INSERT TO "palimpsest_app_restricted" WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_update" ON "working_memories_history" AS PERMISSIVE FOR UPDATE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[]))) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
CREATE POLICY "restricted_delete" ON "working_memories_history" AS PERMISSIVE FOR DELETE TO "palimpsest_app_restricted" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid and ((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.companion_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.companions', true), ''), '{}'), '*')::uuid[])::uuid[])) and ((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[] is null or working_memories_history.user_id = any((select nullif(coalesce(nullif(current_setting('palimpsest.users', true), ''), '{}'), '*')::uuid[])::uuid[])));--> statement-breakpoint
ALTER TABLE "conversations" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "messages" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "working_memories" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "working_memories_history" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TRIGGER keep_history BEFORE UPDATE ON working_memories FOR EACH ROW EXECUTE FUNCTION keep_history();
