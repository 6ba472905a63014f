ALTER TABLE "outbox_mails" ADD COLUMN "sealed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "seat" text;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "seat_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "seat_asked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "requested_by_id" uuid;--> statement-breakpoint
CREATE INDEX "test_calls_created" ON "test_calls" USING btree ("created_at");