/** Makes an event from one of the built-in houses. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { http } from '../api.ts';
import { Callout } from '../parts/notices.tsx';
import { refusal, words } from '../words.ts';

export function NewEvent({ onMade }: { onMade: (eventId: number) => void }): JSX.Element {
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const opensAt = String(data.get('opensAt') ?? '');
    try {
      const { eventId } = await http.post<{ eventId: number }>('/admin/events', {
        body: {
          name: String(data.get('name')),
          startsAtMs: new Date(String(data.get('startsAt'))).getTime(),
          venue: { template: String(data.get('template')), seats: Number(data.get('seats')) },
          onSale: opensAt === '' ? {} : { opensAtMs: new Date(opensAt).getTime() },
        },
      });
      onMade(eventId);
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <form class="card form-card stack" onSubmit={submit}>
      {error !== undefined && <Callout tone="bad">{refusal(error)}</Callout>}
      <div class="lever-grid">
        <label class="field">
          <span>{words.operator.createName}</span>
          <input name="name" required maxLength={200} />
        </label>
        <label class="field">
          <span>{words.operator.createTemplate}</span>
          <select name="template">
            {words.operator.templates.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{words.operator.createSeats}</span>
          <input name="seats" type="number" min="1" max="100000" required defaultValue="2000" />
        </label>
        <label class="field">
          <span>{words.operator.createStart}</span>
          <input name="startsAt" type="datetime-local" required />
        </label>
        <label class="field">
          <span>{words.operator.opensAt}</span>
          <input name="opensAt" type="datetime-local" step="1" />
        </label>
      </div>
      <button type="submit" class="button button-primary">
        {words.operator.createSubmit}
      </button>
    </form>
  );
}
