ALTER TABLE "sessions" DROP CONSTRAINT "sessions_external_id";--> statement-breakpoint
ALTER TABLE "entities" ADD COLUMN "is_kept" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "entities_history" ADD COLUMN "is_kept" boolean DEFAULT false NOT NULL;--> statement-breakpoint
DROP INDEX "working_memories_conversation";--> statement-breakpoint
CREATE UNIQUE INDEX "working_memories_conversation" ON "working_memories" ("workspace_id","conversation_id") WHERE conversation_id is not null;--> statement-breakpoint
CREATE INDEX "events_session" ON "events" ("workspace_id","session_id") WHERE session_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_open" ON "sessions" ("workspace_id","external_id","companion_id",coalesce(user_id, '00000000-0000-0000-0000-000000000000')) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "sessions_external_id" ON "sessions" ("workspace_id","external_id","started_at" DESC,"id" DESC);--> statement-breakpoint
CREATE INDEX "working_memories_of_user" ON "working_memories" ("workspace_id","user_id") WHERE user_id is not null;