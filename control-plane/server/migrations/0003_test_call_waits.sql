ALTER TABLE "test_calls" ADD COLUMN "noticed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "waiting_for" text;--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "not_before" timestamp with time zone;