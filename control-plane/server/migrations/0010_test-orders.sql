ALTER TABLE "test_calls" ADD COLUMN "requested_by_id" uuid;--> statement-breakpoint
CREATE INDEX "test_calls_created" ON "test_calls" USING btree ("created_at");