CREATE TABLE "drills" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"requested_by" text NOT NULL,
	"by_timer" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'due' NOT NULL,
	"open_key" text,
	"requested_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"claimed_by" text,
	"claimed_until" timestamp with time zone,
	"stop_why" text,
	"verdict" text,
	"note" text,
	"steps" jsonb NOT NULL,
	"clearing_at" timestamp with time zone,
	"room_name" text,
	"recording_id" uuid,
	CONSTRAINT "drills_open_key_unique" UNIQUE("open_key")
);
--> statement-breakpoint
ALTER TABLE "recordings" ALTER COLUMN "hearing_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "drill_id" uuid;--> statement-breakpoint
ALTER TABLE "recording_parts" ADD COLUMN "receipt_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "drill_id" uuid;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "drill_id" uuid;--> statement-breakpoint
CREATE INDEX "drills_requested" ON "drills" USING btree ("requested_at");--> statement-breakpoint
CREATE INDEX "drills_state" ON "drills" USING btree ("state");--> statement-breakpoint
CREATE INDEX "rooms_drill" ON "rooms" USING btree ("drill_id");--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_drill_id_unique" UNIQUE("drill_id");