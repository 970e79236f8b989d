/**
 * The draws of lobbies: rules AD14, AD15 and AD18. A seed is made once per line and stays here until it is drawn;
 * what was drawn is stored before it takes effect anywhere, and never changes afterwards.
 */
import { randomBytes } from 'node:crypto';
import { and, desc, eq, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { DrawOutcome, DrawRecord } from '../shared/domain/draw/draw.ts';
import type { LobbyRange } from '../shared/domain/draw/present-bits.ts';
import { commitmentOf, SEED_BYTES } from '../shared/domain/draw/receipt.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { Db } from './client.ts';
import { draws } from './schema.ts';

/** A seed that nobody has been told, and the promise to use it. */
export type OpenDraw = {
  readonly state: 'committed';
  readonly drawId: number;
  readonly commitment: string;
  readonly seed: Uint8Array;
};

/** A draw that was made; nothing of it is secret any more. */
export type MadeDraw = {
  readonly state: 'drawn';
  readonly drawId: number;
  readonly commitment: string;
  readonly seed: Uint8Array;
  readonly record: DrawRecord;
  readonly present: Uint8Array;
};

export type StoredDraw = OpenDraw | MadeDraw;

type Row = typeof draws.$inferSelect;

function parseRow(row: Row): StoredDraw {
  const { drawId, eventId, commitment, seed } = row;
  if (row.drawnAt === null) return { state: 'committed', drawId, commitment, seed };
  return {
    state: 'drawn',
    drawId,
    commitment,
    seed,
    present: row.present!,
    record: {
      eventId,
      lineEpoch: row.lineEpoch!,
      firstNumber: row.firstNumber!,
      lobbyCount: row.lobbyCount!,
      commitment,
      seed: row.seed.toString('hex'),
      presentCount: row.presentCount!,
      root: row.root!,
      orderKey: row.orderKey!,
      drawnAtMs: row.drawnAt.getTime(),
    },
  };
}

/** The draw of a line: the one that was made of it, or the event's open one, made where there is none. */
export async function ensureDraw(db: Db, eventId: EventId, lineEpoch: number): Promise<StoredDraw> {
  const ofLine = () =>
    db.orm
      .select()
      .from(draws)
      .where(and(eq(draws.eventId, eventId), or(isNull(draws.drawnAt), eq(draws.lineEpoch, lineEpoch))))
      .orderBy(sql`${draws.lineEpoch} nulls last`)
      .limit(1);
  return (await firstOf(ofLine)) ?? (await commit(db, eventId, ofLine));
}

/** The draw that there is to see: the latest. Its commitment is public from the first question on. */
export async function latestDraw(db: Db, eventId: EventId): Promise<StoredDraw> {
  const latest = () =>
    db.orm.select().from(draws).where(eq(draws.eventId, eventId)).orderBy(desc(draws.drawId)).limit(1);
  return (await firstOf(latest)) ?? (await commit(db, eventId, latest));
}

/** An earlier draw of an event that has had several lines. */
export async function drawOfLine(db: Db, eventId: EventId, lineEpoch: number): Promise<MadeDraw | undefined> {
  const [row] = await db.orm
    .select()
    .from(draws)
    .where(and(eq(draws.eventId, eventId), eq(draws.lineEpoch, lineEpoch), isNotNull(draws.drawnAt)));
  return row && (parseRow(row) as MadeDraw);
}

async function firstOf(read: () => Promise<Row[]>): Promise<StoredDraw | undefined> {
  const [row] = await read();
  return row && parseRow(row);
}

/** Makes a seed. Whoever comes second in the same moment gets the first one's. */
async function commit(db: Db, eventId: EventId, read: () => Promise<Row[]>): Promise<StoredDraw> {
  const seed = randomBytes(SEED_BYTES);
  await db.orm
    .insert(draws)
    .values({ eventId, seed, commitment: commitmentOf(seed) })
    .onConflictDoNothing();
  const made = await firstOf(read);
  if (made === undefined) throw new Error(`The seed of event ${eventId}'s draw could not be stored.`);
  return made;
}

/**
 * Stores what a draw came to, and returns what counts: the first that was stored for this line, which is what this
 * one came to as well, unless Redis has lost part of the lobby between two attempts.
 */
export async function storeDraw(
  db: Db,
  drawId: number,
  line: { readonly eventId: EventId; readonly lineEpoch: number },
  lobby: LobbyRange & { readonly present: Uint8Array },
  outcome: DrawOutcome,
): Promise<MadeDraw> {
  const { eventId, lineEpoch } = line;
  const [row] = await db.orm
    .update(draws)
    .set({
      lineEpoch,
      firstNumber: lobby.firstNumber,
      lobbyCount: lobby.lobbyCount,
      present: Buffer.from(lobby.present),
      ...outcome,
      drawnAt: sql`now()`,
    })
    .where(and(eq(draws.drawId, drawId), isNull(draws.drawnAt)))
    .returning();
  if (row !== undefined) return parseRow(row) as MadeDraw;
  const stored = await drawOfLine(db, eventId, lineEpoch);
  if (stored === undefined) throw new Error(`Draw ${drawId} was used for another line.`);
  return stored;
}
