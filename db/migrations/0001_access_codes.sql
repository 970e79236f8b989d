CREATE TABLE "access_codes" (
	"event_id" integer NOT NULL,
	"code_id" text NOT NULL,
	"kind" text NOT NULL,
	"label" text NOT NULL,
	"uses_max" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "access_codes_event_id_code_id_pk" PRIMARY KEY("event_id","code_id")
);
--> statement-breakpoint
CREATE TABLE "parked_origins" (
	"event_id" integer NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "parked_origins_event_id_kind_value_pk" PRIMARY KEY("event_id","kind","value")
);
--> statement-breakpoint
ALTER TABLE "access_codes" ADD CONSTRAINT "access_codes_event_id_events_event_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "parked_origins" ADD CONSTRAINT "parked_origins_event_id_events_event_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("event_id") ON DELETE no action ON UPDATE no action;