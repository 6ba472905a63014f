DROP INDEX "test_calls_planned";--> statement-breakpoint
ALTER TABLE "test_calls" ADD COLUMN "superseded_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "test_calls_planned" ON "test_calls" USING btree ("hearing_id","endpoint_id","kind") WHERE "test_calls"."kind" <> 'on-demand' and "test_calls"."status" <> 'cancelled' and "test_calls"."superseded_at" is null;