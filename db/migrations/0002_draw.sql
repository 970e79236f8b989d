CREATE TABLE "draws" (
	"draw_id" serial PRIMARY KEY NOT NULL,
	"event_id" integer NOT NULL,
	"commitment" text NOT NULL,
	"seed" "bytea" NOT NULL,
	"committed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"line_epoch" bigint,
	"first_number" integer,
	"lobby_count" integer,
	"present_count" integer,
	"present" "bytea",
	"root" text,
	"order_key" text,
	"drawn_at" timestamp with time zone,
	CONSTRAINT "draws_commitment_unique" UNIQUE("commitment")
);
--> statement-breakpoint
ALTER TABLE "draws" ADD CONSTRAINT "draws_event_id_events_event_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("event_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "draws_line" ON "draws" USING btree ("event_id","line_epoch");--> statement-breakpoint
CREATE UNIQUE INDEX "draws_open" ON "draws" USING btree ("event_id") WHERE "draws"."drawn_at" is null;