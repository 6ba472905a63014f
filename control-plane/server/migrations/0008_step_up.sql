ALTER TABLE "sessions" ADD COLUMN "proven_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "staff" ADD COLUMN "totp_offered" text;--> statement-breakpoint
ALTER TABLE "staff" ADD COLUMN "totp_offered_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "staff" ADD COLUMN "totp_offered_to" uuid;--> statement-breakpoint
ALTER TABLE "staff" ADD COLUMN "email" text;