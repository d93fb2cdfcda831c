CREATE TABLE "owed_embeddings" (
	"workspace_id" uuid,
	"memory_id" uuid,
	"model" text,
	"dimension" integer,
	"content_hash" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"embedding" vector,
	"due_at" timestamp(3) with time zone NOT NULL,
	"taken_until" timestamp(3) with time zone,
	CONSTRAINT "owed_embeddings_pkey" PRIMARY KEY("workspace_id","memory_id","model","dimension")
);
--> statement-breakpoint
ALTER TABLE "owed_embeddings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "neighborhoods" (
	"workspace_id" uuid,
	"lineage_id" uuid,
	"near" uuid[] NOT NULL,
	"hops" smallint[] NOT NULL,
	CONSTRAINT "neighborhoods_pkey" PRIMARY KEY("workspace_id","lineage_id")
);
--> statement-breakpoint
ALTER TABLE "neighborhoods" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "postings" (
	"workspace_id" uuid,
	"companion_id" uuid,
	"term" text collate "C",
	"user_id" uuid,
	"memory_id" uuid,
	"frequency" smallint NOT NULL,
	CONSTRAINT "postings_pkey" PRIMARY KEY("workspace_id","companion_id","term","user_id","memory_id")
);
--> statement-breakpoint
ALTER TABLE "postings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "memory_embeddings" ADD COLUMN "companion_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "memory_embeddings" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "memory_embeddings" ADD COLUMN "content_hash" text NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "text_search_config" text DEFAULT 'english' NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "embedding_model" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "embedding_dimension" integer;--> statement-breakpoint
ALTER TABLE "memory_embeddings" DROP CONSTRAINT "memory_embeddings_pkey";--> statement-breakpoint
ALTER TABLE "memory_embeddings" ADD PRIMARY KEY ("workspace_id","memory_id","model","dimension");--> statement-breakpoint
ALTER TABLE "memories" ALTER COLUMN "search" DROP EXPRESSION;--> statement-breakpoint
CREATE INDEX "memory_embeddings_companion" ON "memory_embeddings" ("workspace_id","companion_id","model","dimension","user_id");--> statement-breakpoint
CREATE INDEX "memory_embeddings_content" ON "memory_embeddings" ("workspace_id","content_hash","model","dimension");--> statement-breakpoint
CREATE INDEX "owed_embeddings_due" ON "owed_embeddings" ("workspace_id","model","dimension","due_at");--> statement-breakpoint
CREATE INDEX "owed_embeddings_content" ON "owed_embeddings" ("workspace_id","content_hash");--> statement-breakpoint
ALTER TABLE "owed_embeddings" ADD CONSTRAINT "owed_embeddings_4vUeSVxMwjVg_fkey" FOREIGN KEY ("workspace_id","memory_id") REFERENCES "memories"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "neighborhoods" ADD CONSTRAINT "neighborhoods_qUfqm86T1Snq_fkey" FOREIGN KEY ("workspace_id","lineage_id") REFERENCES "lineages"("workspace_id","id") ON DELETE CASCADE;--> statement-breakpoint
CREATE POLICY "tenant" ON "owed_embeddings" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "neighborhoods" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant" ON "postings" AS PERMISSIVE FOR ALL TO "palimpsest_app" USING (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);