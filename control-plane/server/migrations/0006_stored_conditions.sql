ALTER TABLE "recording_parts" ADD COLUMN "original_condition" text DEFAULT 'whole' NOT NULL;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "playable_condition" text DEFAULT 'whole' NOT NULL;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "looked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "hashed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "hash_claimed_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "recording_parts_looked" ON "recording_parts" USING btree ("looked_at");--> statement-breakpoint
CREATE INDEX "recording_parts_hashed" ON "recording_parts" USING btree ("hashed_at");