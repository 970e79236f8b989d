import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('tick-line');
/** Late claims and ended admissions dealt with in one call; more are left for the next. */
const ENDED_PER_CALL_MAX = 200;

/** Where the lobby of a line stands. A frozen one waits for whoever draws it; nobody is called before. */
export type LobbyTick = {
  readonly state: 'none' | 'lobby' | 'frozen' | 'drawn';
  readonly lineEpoch: number;
  readonly firstNumber: number;
  readonly lobbyCount: number;
};

export type Tick = {
  /** When something will be due, or null. */
  readonly nextAtMs: number | null;
  /** Called and did not come. */
  readonly noShows: number;
  /** Were inside until their time was over. */
  readonly timedOut: number;
  readonly called: readonly number[];
  readonly lobby: LobbyTick;
};

/** The admitter's step. */
export async function tickLine(redis: RedisClient, eventId: EventId): Promise<Tick> {
  const reply = await script.run(redis, eventId, [ENDED_PER_CALL_MAX]);
  const [, next, noShows, timedOut, called, state, lineEpoch, firstNumber, lobbyCount] = reply as unknown as [
    string,
    number,
    number,
    number,
    string,
    LobbyTick['state'],
    number,
    number,
    number,
  ];
  return {
    nextAtMs: next === 0 ? null : next,
    noShows,
    timedOut,
    called: parseSeats(called),
    lobby: { state, lineEpoch, firstNumber, lobbyCount },
  };
}
