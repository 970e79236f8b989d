/** PR9 and AD8: what a socket hears before its admission ends, and that it is closed at the end and not before. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CLOSING_SOON_MS, Deadlines } from './deadlines.ts';
import { Session } from './session.ts';

const SLOT_MS = 50;
const NOW_MS = 1_800_000_000_000;
const STEP_MS = 10;

let heard: [what: string, name: string, atMs: number][];
let deadlines: Deadlines;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS });
  heard = [];
  const note = (what: string) => (session: Session) =>
    void heard.push([what, session.facts.visitorId, Date.now() - NOW_MS]);
  deadlines = new Deadlines({ closingSoon: note('soon'), over: note('over') });
  deadlines.start();
});
afterEach(() => {
  deadlines.stop();
  vi.useRealTimers();
});

const said = () => heard.map(([what, name]) => `${what} ${name}`);

function open(visitorId: string, endsInMs: number): Session {
  const admissionExpiresAtMs = Date.now() + endsInMs;
  const session = new Session({ visitorId, admissionExpiresAtMs } as Session['facts'], {
    send: () => {},
    close: () => {},
  });
  deadlines.add(session);
  return session;
}

it('AD8 the notice comes 60 s before the end, once, and then the end; neither is early nor more than a slot late', () => {
  const wishes = { a: 61_503, b: 90_000, c: 600_017 };
  for (const [name, endsInMs] of Object.entries(wishes)) open(name, endsInMs);
  vi.advanceTimersByTime(700_000);
  expect(said()).toEqual(['soon a', 'soon b', 'over a', 'over b', 'soon c', 'over c']);
  for (const [what, name, atMs] of heard) {
    const due = wishes[name as keyof typeof wishes] - (what === 'soon' ? CLOSING_SOON_MS : 0);
    expect(atMs, `${what} ${name}`).toBeGreaterThanOrEqual(due);
    expect(atMs, `${what} ${name}`).toBeLessThanOrEqual(due + SLOT_MS + STEP_MS);
  }
});

it('AD8 whoever opens a socket in the last minute hears no notice, and the end all the same', () => {
  open('late', 59_000);
  open('ended', -500);
  vi.advanceTimersByTime(200);
  expect(said()).toEqual(['over ended']);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['over ended', 'over late']);
});

it('a socket that is gone hears nothing more, before the notice or after it', () => {
  const [one, two] = [open('one', 70_000), open('two', 70_000)];
  const close = (session: Session) => {
    session.closed = true;
    deadlines.remove(session);
  };
  close(one);
  vi.advanceTimersByTime(15_000);
  expect(said()).toEqual(['soon two']);
  close(two);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['soon two']);
});

it('a process that slept through both says both and forgets nobody', () => {
  open('sleeper', 70_000);
  open('other', 500_000);
  vi.setSystemTime(NOW_MS + 300_000);
  vi.advanceTimersByTime(150);
  expect(said()).toEqual(['soon sleeper', 'over sleeper']);
});
