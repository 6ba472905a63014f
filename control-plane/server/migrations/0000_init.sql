CREATE TABLE "calendar_days" (
	"date" date PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"legal_source" text NOT NULL,
	"certainty" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "calendar_years" (
	"year" integer PRIMARY KEY NOT NULL,
	"approved_at" timestamp with time zone,
	"approved_by" uuid
);
--> statement-breakpoint
CREATE TABLE "cases" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"code" text NOT NULL,
	"title" text NOT NULL,
	"summary" text NOT NULL,
	"kind" text NOT NULL,
	"criterion" text NOT NULL,
	"criterion_reason" text NOT NULL,
	"citizen_name" text NOT NULL,
	"citizen_id_number" text,
	"citizen_phone" text,
	"citizen_address" text,
	"consent" text DEFAULT 'asked' NOT NULL,
	"consent_reason" text,
	"consent_by" uuid,
	"consent_by_name" text,
	"consent_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"search_text" text NOT NULL,
	"created_by" uuid NOT NULL,
	"created_by_name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "cases_code_unique" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"label" text NOT NULL,
	"credential_hash" text NOT NULL,
	"enrolled_at" timestamp with time zone NOT NULL,
	"enrolled_by" uuid NOT NULL,
	"last_seen_at" timestamp with time zone,
	"state" jsonb,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "devices_credential_hash_unique" UNIQUE("credential_hash")
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kind" text NOT NULL,
	"commune_code" text,
	"name" text NOT NULL,
	"short_name" text NOT NULL,
	"slug" text NOT NULL,
	"former_province" text,
	"contact_name" text,
	"contact_email" text,
	"contact_phone" text,
	"active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "endpoints_commune_code_unique" UNIQUE("commune_code"),
	CONSTRAINT "endpoints_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "enrolment_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"label" text NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"device_id" uuid
);
--> statement-breakpoint
CREATE TABLE "agenda_items" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"hearing_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"title" text NOT NULL,
	"minutes" integer NOT NULL,
	"speaker" text
);
--> statement-breakpoint
CREATE TABLE "hearing_cases" (
	"hearing_id" uuid NOT NULL,
	"case_id" uuid NOT NULL,
	"position" integer NOT NULL,
	CONSTRAINT "hearing_cases_hearing_id_case_id_pk" PRIMARY KEY("hearing_id","case_id")
);
--> statement-breakpoint
CREATE TABLE "hearing_endpoints" (
	"hearing_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "hearing_endpoints_hearing_id_endpoint_id_pk" PRIMARY KEY("hearing_id","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "hearing_moves" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"seq" bigserial NOT NULL,
	"hearing_id" uuid NOT NULL,
	"from_status" text,
	"to_status" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_id" text NOT NULL,
	"actor_name" text NOT NULL,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "hearing_participants" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"hearing_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"job_title" text,
	"organisation" text,
	"role" text NOT NULL,
	"endpoint_id" uuid,
	"required" boolean NOT NULL,
	"email" text
);
--> statement-breakpoint
CREATE TABLE "hearings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"code" text NOT NULL,
	"title" text NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"late" boolean DEFAULT false NOT NULL,
	"late_reason" text,
	"submitted_at" timestamp with time zone,
	"decision_number" text,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"return_reason" text,
	"live_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"search_text" text NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "hearings_code_unique" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "service_credentials" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "service_credentials_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"staff_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"second_factor_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"address" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"key" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"blocked_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staff" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"username" text NOT NULL,
	"display_name" text NOT NULL,
	"role" text NOT NULL,
	"endpoint_id" uuid,
	"password_hash" text NOT NULL,
	"totp_secret" text,
	"totp_confirmed_at" timestamp with time zone,
	"totp_last_step" integer,
	"disabled_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "staff_username_unique" UNIQUE("username")
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"severity" text NOT NULL,
	"message" text NOT NULL,
	"raised_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"cleared_at" timestamp with time zone,
	"open_key" text,
	CONSTRAINT "alerts_open_key_unique" UNIQUE("open_key")
);
--> statement-breakpoint
CREATE TABLE "audit_trail" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"actor_name" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_mails" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"dedupe_key" text NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	CONSTRAINT "outbox_mails_dedupe_key_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"approved" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recorders" (
	"host" text PRIMARY KEY NOT NULL,
	"report" jsonb NOT NULL,
	"reported_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recording_parts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"recording_id" uuid,
	"session_id" text NOT NULL,
	"file_name" text NOT NULL,
	"host" text NOT NULL,
	"room_name" text,
	"upload_id" text NOT NULL,
	"declared_sha256" text NOT NULL,
	"declared_size" bigint NOT NULL,
	"orderly" boolean NOT NULL,
	"status" text NOT NULL,
	"progress_percent" integer DEFAULT 0 NOT NULL,
	"fault" text,
	"original_path" text,
	"playable_path" text,
	"poster_path" text,
	"playable_sha256" text,
	"playable_size" bigint,
	"duration_ms" bigint,
	"started_at" timestamp with time zone,
	"media" jsonb,
	"received_at" timestamp with time zone,
	"stored_at" timestamp with time zone,
	"claimed_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "recording_parts_upload_id_unique" UNIQUE("upload_id")
);
--> statement-breakpoint
CREATE TABLE "recording_sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"recording_id" uuid NOT NULL,
	"session_id" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"on_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"ended_by" text
);
--> statement-breakpoint
CREATE TABLE "recordings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"hearing_id" uuid NOT NULL,
	"room_name" text NOT NULL,
	"wanted" text NOT NULL,
	"state" text DEFAULT 'idle' NOT NULL,
	"current_session_id" text,
	"state_at" timestamp with time zone NOT NULL,
	"faults" integer DEFAULT 0 NOT NULL,
	"last_fault" text,
	"restart_requested_at" timestamp with time zone,
	"conductor" text,
	"conductor_until" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "recordings_hearing_id_unique" UNIQUE("hearing_id")
);
--> statement-breakpoint
CREATE TABLE "attendance" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"room_name" text NOT NULL,
	"occupant_id" text NOT NULL,
	"process_id" text NOT NULL,
	"user_id" text,
	"display_name" text,
	"hidden" boolean DEFAULT false NOT NULL,
	"joined_at" timestamp with time zone NOT NULL,
	"left_at" timestamp with time zone,
	"left_by" text
);
--> statement-breakpoint
CREATE TABLE "edge_events" (
	"process_id" text NOT NULL,
	"sequence" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"room" text,
	"body" jsonb NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "edge_events_process_id_sequence_pk" PRIMARY KEY("process_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"room_id" uuid NOT NULL,
	"hearing_id" uuid,
	"kind" text NOT NULL,
	"endpoint_id" uuid,
	"participant_id" uuid,
	"display_name" text NOT NULL,
	"moderator" boolean NOT NULL,
	"required" boolean NOT NULL,
	"token_hash" text NOT NULL,
	"code_hash" text NOT NULL,
	"revoked_at" timestamp with time zone,
	"revoked_reason" text,
	"first_entered_at" timestamp with time zone,
	"last_entered_at" timestamp with time zone,
	"entries" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "grants_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "grants_code_hash_unique" UNIQUE("code_hash")
);
--> statement-breakpoint
CREATE TABLE "rooms" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"purpose" text NOT NULL,
	"hearing_id" uuid,
	"test_call_id" uuid,
	"opens_at" timestamp with time zone NOT NULL,
	"closes_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "rooms_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"kid_hash" text NOT NULL,
	"public_key_pem" text NOT NULL,
	"private_key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	CONSTRAINT "signing_keys_kid_hash_unique" UNIQUE("kid_hash")
);
--> statement-breakpoint
CREATE TABLE "test_calls" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"hearing_id" uuid,
	"endpoint_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"status" text DEFAULT 'due' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"claimed_at" timestamp with time zone,
	"claimed_by" text,
	"progress" jsonb,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"late" boolean DEFAULT false NOT NULL,
	"verdict" text,
	"reasons" jsonb,
	"agent_measurement" jsonb,
	"kiosk_measurement" jsonb,
	"thresholds" jsonb,
	"device_id" uuid,
	"waived_by" uuid,
	"waived_by_name" text,
	"waived_reason" text,
	"waived_at" timestamp with time zone,
	"requested_by" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD CONSTRAINT "enrolment_codes_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agenda_items" ADD CONSTRAINT "agenda_items_hearing_id_hearings_id_fk" FOREIGN KEY ("hearing_id") REFERENCES "public"."hearings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_cases" ADD CONSTRAINT "hearing_cases_hearing_id_hearings_id_fk" FOREIGN KEY ("hearing_id") REFERENCES "public"."hearings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_cases" ADD CONSTRAINT "hearing_cases_case_id_cases_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."cases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_endpoints" ADD CONSTRAINT "hearing_endpoints_hearing_id_hearings_id_fk" FOREIGN KEY ("hearing_id") REFERENCES "public"."hearings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_endpoints" ADD CONSTRAINT "hearing_endpoints_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_moves" ADD CONSTRAINT "hearing_moves_hearing_id_hearings_id_fk" FOREIGN KEY ("hearing_id") REFERENCES "public"."hearings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_participants" ADD CONSTRAINT "hearing_participants_hearing_id_hearings_id_fk" FOREIGN KEY ("hearing_id") REFERENCES "public"."hearings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hearing_participants" ADD CONSTRAINT "hearing_participants_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_staff_id_staff_id_fk" FOREIGN KEY ("staff_id") REFERENCES "public"."staff"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recording_sessions" ADD CONSTRAINT "recording_sessions_recording_id_recordings_id_fk" FOREIGN KEY ("recording_id") REFERENCES "public"."recordings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cases_created" ON "cases" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "devices_endpoint" ON "devices" USING btree ("endpoint_id");--> statement-breakpoint
CREATE UNIQUE INDEX "one_central_endpoint" ON "endpoints" USING btree ("kind") WHERE "endpoints"."kind" = 'central';--> statement-breakpoint
CREATE INDEX "hearing_moves_hearing" ON "hearing_moves" USING btree ("hearing_id");--> statement-breakpoint
CREATE INDEX "hearings_start" ON "hearings" USING btree ("starts_at");--> statement-breakpoint
CREATE INDEX "hearings_status" ON "hearings" USING btree ("status");--> statement-breakpoint
CREATE INDEX "sessions_staff" ON "sessions" USING btree ("staff_id");--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("cleared_at");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox_mails" USING btree ("status","next_attempt_at");--> statement-breakpoint
CREATE INDEX "recording_parts_recording" ON "recording_parts" USING btree ("recording_id");--> statement-breakpoint
CREATE INDEX "recording_parts_session" ON "recording_parts" USING btree ("session_id","file_name","declared_sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "recording_sessions_session" ON "recording_sessions" USING btree ("recording_id","session_id");--> statement-breakpoint
CREATE INDEX "attendance_room" ON "attendance" USING btree ("room_name","left_at");--> statement-breakpoint
CREATE INDEX "grants_room" ON "grants" USING btree ("room_id");--> statement-breakpoint
CREATE INDEX "grants_hearing" ON "grants" USING btree ("hearing_id");--> statement-breakpoint
CREATE INDEX "rooms_hearing" ON "rooms" USING btree ("hearing_id");--> statement-breakpoint
CREATE INDEX "test_calls_due" ON "test_calls" USING btree ("status","due_at");--> statement-breakpoint
CREATE INDEX "test_calls_hearing" ON "test_calls" USING btree ("hearing_id");--> statement-breakpoint
CREATE UNIQUE INDEX "test_calls_planned" ON "test_calls" USING btree ("hearing_id","endpoint_id","kind") WHERE "test_calls"."kind" <> 'on-demand' and "test_calls"."status" <> 'cancelled';--> statement-breakpoint
CREATE UNIQUE INDEX "one_running_test_call" ON "test_calls" USING btree ("endpoint_id") WHERE "test_calls"."status" = 'running';