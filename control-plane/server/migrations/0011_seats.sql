ALTER TABLE "grants" ADD COLUMN "seat" text;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "seat_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "seat_asked_at" timestamp with time zone;