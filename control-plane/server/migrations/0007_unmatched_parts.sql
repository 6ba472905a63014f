ALTER TABLE "recording_parts" ADD COLUMN "dismissed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "dismissed_why" text;