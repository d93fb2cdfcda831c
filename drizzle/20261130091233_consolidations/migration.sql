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
ALTER TABLE "consolidations" ADD CONSTRAINT "consolidations_4j6hu4GgOyJm_fkey" FOREIGN KEY ("workspace_id","companion_id") REFERENCES "companions"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "consolidations" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);