CREATE TABLE "audit_entries" (
	"workspace_id" uuid,
	"id" uuid,
	"at" timestamp(3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"credential" text,
	"address" text,
	"action" text NOT NULL,
	"subject" text,
	"outcome" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "audit_entries_pkey" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "audit_entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_entries" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- Kept successes had their keys in plain text, and no owner. They live for 7 days at most.
TRUNCATE "idempotency_subjects", "idempotency_keys";--> statement-breakpoint
ALTER TABLE "idempotency_subjects" DROP CONSTRAINT "idempotency_subjects_uoFwB5w6kewQ_fkey";--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "owner" text;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "is_erased" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ADD COLUMN "owner" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "secret" text DEFAULT gen_random_uuid()::text || gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" DROP CONSTRAINT "idempotency_keys_pkey";--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD PRIMARY KEY ("workspace_id","owner","key");--> statement-breakpoint
ALTER TABLE "idempotency_subjects" DROP CONSTRAINT "idempotency_subjects_pkey";--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ADD PRIMARY KEY ("workspace_id","lineage_id","owner","key");--> statement-breakpoint
DROP INDEX "idempotency_subjects_key";--> statement-breakpoint
CREATE INDEX "idempotency_subjects_key" ON "idempotency_subjects" ("workspace_id","owner","key");--> statement-breakpoint
ALTER TABLE "idempotency_subjects" ADD CONSTRAINT "idempotency_subjects_9Y9Yr57PyIec_fkey" FOREIGN KEY ("workspace_id","owner","key") REFERENCES "idempotency_keys"("workspace_id","owner","key") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "audit_entries" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
-- Events name the kind of who acted, as far as it can be told: a key that there was at the time, or a name that the
-- service gave itself. All else stays as it was.
ALTER TABLE "events" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_keys" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "events" e SET "actor" = 'key:' || e."actor"
  WHERE EXISTS (SELECT FROM "api_keys" k
    WHERE k."workspace_id" = e."workspace_id" AND k."name" = e."actor" AND k."created_at" <= e."at");--> statement-breakpoint
UPDATE "events" SET "actor" = CASE WHEN "actor" = 'local' THEN 'local:anyone' ELSE 'system:' || "actor" END
  WHERE "actor" IN ('local', 'demo', 'import');--> statement-breakpoint
ALTER TABLE "api_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "events" FORCE ROW LEVEL SECURITY;