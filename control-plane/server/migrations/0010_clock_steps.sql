ALTER TABLE "hearing_moves" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "recording_sessions" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "attendance" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "clock_stepped" boolean DEFAULT false NOT NULL;