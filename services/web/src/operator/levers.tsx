/** The levers of one event's on-sale, and its seats. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EventDetails } from '../../../../shared/protocol/http.ts';
import { api, http } from '../api.ts';
import { Callout, Failure, Loading } from '../parts/notices.tsx';
import { useLoaded } from '../store.ts';
import { refusal, words } from '../words.ts';
import { parseSeats } from './parse-seats.ts';

type Said = { readonly text: string; readonly tone: 'good' | 'bad' };

/** The number levers: what the form shows is the wire's value divided by `unit`. */
const NUMBERS = [
  { key: 'capacity', label: words.operator.capacity, unit: 1 },
  { key: 'ratePerMinute', label: words.operator.rate, unit: 1 },
  { key: 'seatsPerVisitorMax', label: words.operator.seatsMax, unit: 1 },
  { key: 'admissionMs', label: words.operator.admissionMs, unit: 60_000 },
  { key: 'claimMs', label: words.operator.claimMs, unit: 1_000 },
  { key: 'holdMs', label: words.operator.holdMs, unit: 60_000 },
] as const;

export function Levers({ eventId, onDone }: { eventId: number; onDone: () => void }): JSX.Element {
  const event = useLoaded(() => api.event(eventId), eventId);
  const [said, setSaid] = useState<Said | undefined>();
  if (event.state === 'failed') return <Failure error={event.error} onRetry={event.reload} />;
  if (event.state === 'loading') return <Loading />;

  const act = async (method: string, path: string, body?: object, text = words.operator.saved) => {
    try {
      const answer = await http.json<{ changed?: readonly number[] } | undefined>(
        method,
        `/admin/events/${eventId}${path}`,
        { body: body ?? {} },
      );
      const changed = answer?.changed;
      setSaid({
        tone: 'good',
        text: changed === undefined ? text : words.operator.seatsDone(changed.length),
      });
    } catch (error) {
      setSaid({ tone: 'bad', text: refusal(error) });
    }
    event.reload();
    onDone();
  };

  return (
    <section class="card levers stack">
      <h2>{event.value.name}</h2>
      {said && <Callout tone={said.tone}>{said.text}</Callout>}
      <Switches event={event.value} act={act} />
      <Numbers key={JSON.stringify(event.value.onSale)} event={event.value} act={act} />
      <SeatActs act={act} onBad={() => setSaid({ tone: 'bad', text: words.operator.seatsBad })} />
    </section>
  );
}

type Act = (method: string, path: string, body?: object) => Promise<void>;

function Switches({ event, act }: { event: EventDetails; act: Act }): JSX.Element {
  const { state } = event.onSale;
  const patch = (body: object) => act('PATCH', '/on-sale', body);
  return (
    <div class="row">
      <span class={`badge badge-${state}`}>{words.events.status[state]}</span>
      <button type="button" class="button button-small" onClick={() => act('POST', '/open')}>
        {words.operator.open}
      </button>
      {state === 'paused' ? (
        <button type="button" class="button button-small" onClick={() => patch({ paused: false })}>
          {words.operator.resume}
        </button>
      ) : (
        <button type="button" class="button button-small" onClick={() => patch({ paused: true })}>
          {words.operator.pause}
        </button>
      )}
      <button type="button" class="button button-small button-danger" onClick={() => act('POST', '/close')}>
        {words.operator.close}
      </button>
    </div>
  );
}

function Numbers({ event, act }: { event: EventDetails; act: Act }): JSX.Element {
  const { onSale } = event;
  const submit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    const data = new FormData(submitted.currentTarget as HTMLFormElement);
    const patch: Record<string, unknown> = {};
    for (const { key, unit } of NUMBERS) {
      const value = Math.round(Number(data.get(key)) * unit);
      if (value !== onSale[key]) patch[key] = value;
    }
    const message = String(data.get('message') ?? '');
    if (message !== onSale.message) patch.message = message;
    const waitingRoom = String(data.get('waitingRoom'));
    if (waitingRoom !== onSale.waitingRoom) patch.waitingRoom = waitingRoom;
    const opensAt = String(data.get('opensAt') ?? '');
    if (wholeSecond(opensAt) !== wholeSecond(localMoment(onSale.opensAtMs)))
      patch.opensAtMs = opensAt === '' ? null : new Date(opensAt).getTime();
    void act('PATCH', '/on-sale', patch);
  };
  return (
    <form class="stack" onSubmit={submit}>
      <div class="lever-grid">
        {NUMBERS.map(({ key, label, unit }) => (
          <label key={key} class="field">
            <span>{label}</span>
            <input
              name={key}
              type="number"
              min="0"
              step="any"
              required
              defaultValue={String(onSale[key] / unit)}
            />
          </label>
        ))}
        <label class="field">
          <span>{words.operator.waitingRoom}</span>
          <select name="waitingRoom" defaultValue={onSale.waitingRoom}>
            <option value="on">{words.operator.on}</option>
            <option value="off">{words.operator.off}</option>
          </select>
        </label>
        <label class="field">
          <span>{words.operator.opensAt}</span>
          <input name="opensAt" type="datetime-local" step="1" defaultValue={localMoment(onSale.opensAtMs)} />
        </label>
      </div>
      <label class="field">
        <span>{words.operator.message}</span>
        <input
          name="message"
          maxLength={500}
          placeholder={words.operator.messageHint}
          defaultValue={onSale.message}
        />
      </label>
      <button type="submit" class="button button-primary">
        {words.operator.save}
      </button>
    </form>
  );
}

/** A browser leaves seconds out that are zero: only the moment itself can be compared. */
function wholeSecond(local: string): number | null {
  return local === '' ? null : Math.floor(new Date(local).getTime() / 1_000);
}

/** As `datetime-local` wants it: local time without a zone. */
function localMoment(atMs: number | null): string {
  if (atMs === null) return '';
  const date = new Date(atMs);
  return new Date(atMs - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function SeatActs({ act, onBad }: { act: Act; onBad: () => void }): JSX.Element {
  const [text, setText] = useState('');
  const run = (verb: 'block' | 'unblock' | 'release') => {
    const seats = parseSeats(text);
    if (seats === undefined) onBad();
    else void act('POST', `/seats/${verb}`, { seats });
  };
  return (
    <div class="seat-acts">
      <label class="field">
        <span>{words.operator.seatsField}</span>
        <input
          value={text}
          placeholder={words.operator.seatsHint}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div class="row">
        {(['block', 'unblock', 'release'] as const).map((verb) => (
          <button key={verb} type="button" class="button button-small" onClick={() => run(verb)}>
            {words.operator[verb]}
          </button>
        ))}
      </div>
    </div>
  );
}
