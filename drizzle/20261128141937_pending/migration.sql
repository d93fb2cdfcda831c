ALTER TABLE "owed_embeddings" RENAME TO "pending_embeddings";--> statement-breakpoint
ALTER TABLE "pending_embeddings" RENAME COLUMN "taken_until" TO "claimed_until";--> statement-breakpoint
ALTER INDEX "owed_embeddings_due" RENAME TO "pending_embeddings_due";--> statement-breakpoint
ALTER INDEX "owed_embeddings_content" RENAME TO "pending_embeddings_content";--> statement-breakpoint
ALTER TABLE "pending_embeddings" RENAME CONSTRAINT "owed_embeddings_pkey" TO "pending_embeddings_pkey";--> statement-breakpoint
ALTER TABLE "pending_embeddings" RENAME CONSTRAINT "owed_embeddings_4vUeSVxMwjVg_fkey" TO "pending_embeddings_IF4JLcqYuG3O_fkey";--> statement-breakpoint
-- From PostgreSQL 18 on NOT NULL constraints have names too, made of the names of the table and the column.
DO $$
DECLARE old name;
BEGIN
  FOR old IN SELECT conname FROM pg_constraint
             WHERE conrelid = 'pending_embeddings'::regclass AND starts_with(conname, 'owed_embeddings_')
  LOOP
    EXECUTE format('ALTER TABLE pending_embeddings RENAME CONSTRAINT %I TO %I', old,
      replace(replace(old, 'owed_embeddings_', 'pending_embeddings_'), '_taken_until_', '_claimed_until_'));
  END LOOP;
END $$;
