/** Access codes: made once, shown once, kept as hashes. Rules AD20 to AD23. */
import { createHash, randomInt } from 'node:crypto';
import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { EventId } from '../shared/domain/ids.ts';
import type { CodeKind } from '../shared/domain/on-sale.ts';
import { writeAudit } from './audit.ts';
import type { Db } from './client.ts';
import { accessCodes } from './schema.ts';

export type AccessCode = {
  /** Names it to operators and in Redis; says nothing of the code. */
  readonly codeId: string;
  readonly kind: CodeKind;
  readonly label: string;
  readonly usesMax: number;
};

/** No letter that is easily taken for a digit. Sixteen of these 32 are 80 bits: too many to try, hashed or not. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_CHARS = 16;

/** A new code, in groups of four. */
function randomCode(): string {
  const letters = Array.from({ length: CODE_CHARS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}

/** The id of a code, however it was typed. */
export function codeIdOf(eventId: EventId, code: string): string {
  const plain = code
    .normalize('NFKC')
    .replace(/[\s-]+/g, '')
    .toUpperCase();
  return createHash('sha256').update(`${eventId}:${plain}`).digest('hex').slice(0, 32);
}

export type NewCodes = Pick<AccessCode, 'kind' | 'label' | 'usesMax'> & {
  readonly count: number;
  /** The operator's own words for a single code; else they are random. */
  readonly code?: string | undefined;
};

/** Makes codes, with their line in the audit. Undefined where the operator's own code is there already. */
export function makeCodes(
  db: Db,
  eventId: EventId,
  { count, code, ...rest }: NewCodes,
  actor: string,
): Promise<(AccessCode & { readonly code: string })[] | undefined> {
  const words = code === undefined ? Array.from({ length: count }, randomCode) : [code];
  const codes = words.map((word) => ({ codeId: codeIdOf(eventId, word), code: word, ...rest }));
  return db.orm.transaction(async (tx) => {
    const made = await tx
      .insert(accessCodes)
      .values(codes.map(({ codeId }) => ({ eventId, codeId, ...rest })))
      .onConflictDoNothing()
      .returning({ codeId: accessCodes.codeId });
    if (made.length < codes.length) return undefined;
    const details = {
      ...rest,
      count: codes.length,
      codeIds: codes.slice(0, 100).map(({ codeId }) => codeId),
    };
    await writeAudit(tx, { actor, action: 'codes_made', eventId, details });
    return codes;
  });
}

/** The code with these words, unless it is unknown or revoked. */
export async function findCode(db: Db, eventId: EventId, code: string): Promise<AccessCode | undefined> {
  const [row] = await db.orm
    .select({
      codeId: accessCodes.codeId,
      kind: accessCodes.kind,
      label: accessCodes.label,
      usesMax: accessCodes.usesMax,
    })
    .from(accessCodes)
    .where(
      and(
        eq(accessCodes.eventId, eventId),
        eq(accessCodes.codeId, codeIdOf(eventId, code)),
        isNull(accessCodes.revokedAt),
      ),
    );
  return row;
}

export type ListedCode = AccessCode & { readonly createdAtMs: number; readonly revokedAtMs: number | null };

/** An event's codes in the order of their ids; `afterId` pages on. */
export async function listCodes(
  db: Db,
  eventId: EventId,
  { afterId = '', limit }: { afterId?: string | undefined; limit: number },
): Promise<ListedCode[]> {
  const rows = await db.orm
    .select()
    .from(accessCodes)
    .where(and(eq(accessCodes.eventId, eventId), gt(accessCodes.codeId, afterId)))
    .orderBy(asc(accessCodes.codeId))
    .limit(limit);
  return rows.map(({ codeId, kind, label, usesMax, createdAt, revokedAt }) => ({
    codeId,
    kind,
    label,
    usesMax,
    createdAtMs: createdAt.getTime(),
    revokedAtMs: revokedAt?.getTime() ?? null,
  }));
}

/** Makes a code good for nothing more; the places it was used for stay. False where there is none. */
export function revokeCode(db: Db, eventId: EventId, codeId: string, actor: string): Promise<boolean> {
  return db.orm.transaction(async (tx) => {
    const ours = and(eq(accessCodes.eventId, eventId), eq(accessCodes.codeId, codeId));
    const revoked = await tx
      .update(accessCodes)
      .set({ revokedAt: new Date() })
      .where(and(ours, isNull(accessCodes.revokedAt)))
      .returning({ codeId: accessCodes.codeId });
    if (revoked.length > 0) {
      await writeAudit(tx, { actor, action: 'code_revoked', eventId, details: { codeId } });
      return true;
    }
    return (await tx.select({ codeId: accessCodes.codeId }).from(accessCodes).where(ours)).length > 0;
  });
}
