CREATE TABLE "self_checks" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"checks" jsonb NOT NULL
);
