CREATE TABLE "chat_usage" (
	"workspace_id" uuid,
	"day" integer,
	"tokens" bigint NOT NULL,
	CONSTRAINT "chat_usage_pkey" PRIMARY KEY("workspace_id","day")
);
--> statement-breakpoint
ALTER TABLE "chat_usage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "chat_usage" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "is_hidden" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "confirmed_by" text;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "confirmed_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "opens" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "due_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "claim" uuid;--> statement-breakpoint
ALTER TABLE "findings" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
DROP INDEX "findings_open";--> statement-breakpoint
CREATE INDEX "findings_open" ON "findings" ("workspace_id","score" DESC,"id" DESC) WHERE verdict is null and not is_hidden;--> statement-breakpoint
CREATE INDEX "findings_due" ON "findings" ("workspace_id","due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE POLICY "tenant" ON "chat_usage" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);