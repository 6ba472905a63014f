ALTER TABLE "service_credentials" ADD COLUMN "hosts" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "sender_id" uuid;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "sender_name" text;