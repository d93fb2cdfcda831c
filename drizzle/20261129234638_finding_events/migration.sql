ALTER TYPE "event_kind" ADD VALUE 'FOUND';--> statement-breakpoint
ALTER TYPE "event_kind" ADD VALUE 'JUDGED';--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "finding_id" uuid;