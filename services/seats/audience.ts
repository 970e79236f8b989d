/**
 * The sockets of one event, in shards. One publish to 10,000 sockets would keep the loop from everything else
 * for 80 ms; shards of 100 with a turn of the loop between them let holds be answered within 4 ms beside it.
 */
import type { VisitorId } from '../../shared/domain/ids.ts';
import type { Session } from './session.ts';

const SOCKETS_PER_SHARD = 100;

export class Audience {
  readonly #sessions = new Set<Session>();
  readonly #byVisitor = new Map<VisitorId, Set<Session>>();
  /** Sockets in each shard; a shard has one form of frames. */
  readonly #shards: { binary: boolean; count: number }[] = [];

  get size(): number {
    return this.#sessions.size;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions;
  }

  ofVisitor(visitorId: VisitorId): Iterable<Session> {
    return this.#byVisitor.get(visitorId) ?? [];
  }

  countOf(visitorId: VisitorId): number {
    return this.#byVisitor.get(visitorId)?.size ?? 0;
  }

  /** Takes a session in; it hears frames only after `assignShard`. */
  add(session: Session): void {
    this.#sessions.add(session);
    const { visitorId } = session.facts;
    const own = this.#byVisitor.get(visitorId);
    if (own === undefined) this.#byVisitor.set(visitorId, new Set([session]));
    else own.add(session);
  }

  /** Gives the session a shard that has room and returns it. */
  assignShard(session: Session): number {
    const { binary } = session.facts;
    let at = this.#shards.findIndex((shard) => shard.binary === binary && shard.count < SOCKETS_PER_SHARD);
    if (at < 0) at = this.#shards.push({ binary, count: 0 }) - 1;
    this.#shards[at]!.count += 1;
    session.shard = at;
    return at;
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    const { visitorId } = session.facts;
    const own = this.#byVisitor.get(visitorId);
    own?.delete(session);
    if (own?.size === 0) this.#byVisitor.delete(visitorId);
    if (session.shard >= 0) this.#shards[session.shard]!.count -= 1;
  }

  /** The shards that have anybody in them. */
  *shards(): Iterable<{ readonly shard: number; readonly binary: boolean }> {
    for (const [shard, { binary, count }] of this.#shards.entries()) if (count > 0) yield { shard, binary };
  }
}
