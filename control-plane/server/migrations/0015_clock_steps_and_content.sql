ALTER TABLE "hearing_moves" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "content" jsonb;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "measured_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "measure_claimed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recording_sessions" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "attendance" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "recording_parts_measured" ON "recording_parts" USING btree ("measured_at");