CREATE TABLE "intakes" (
	"instance" uuid PRIMARY KEY NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"before" timestamp with time zone,
	"seen_at" timestamp with time zone NOT NULL
);
