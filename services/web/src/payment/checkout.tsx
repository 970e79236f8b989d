/** The checkout: who gets the tickets, how they are paid, and how the payment goes. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { OrderFailure } from '../../../../shared/domain/order.ts';
import type { EventDetails } from '../../../../shared/protocol/http.ts';
import { formatDay, formatPrice, formatTime } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Callout } from '../parts/notices.tsx';
import { BasketList, basketLines, HoldTimer, totalMinor } from '../seat-map/basket.tsx';
import type { SeatRoom } from '../seat-map/seat-room.ts';
import { session } from '../session.ts';
import { refusal, words } from '../words.ts';
import { rememberBuyer, rememberedBuyer } from './buyer.ts';
import { Charging } from './charging.tsx';
import { rememberOrder } from './open-order.ts';
import { pay } from './pay.ts';

type State =
  | { readonly step: 'form' }
  | { readonly step: 'charging' }
  | { readonly step: 'failed'; readonly failure: OrderFailure | undefined }
  | { readonly step: 'refused'; readonly error: unknown };

export function Checkout({
  event,
  room,
  onPaying,
  onBack,
  onDone,
}: {
  event: EventDetails;
  room: SeatRoom;
  onPaying: (paying: boolean) => void;
  onBack: () => void;
  onDone: (orderId: string) => void;
}): JSX.Element {
  const [state, setState] = useState<State>({ step: 'form' });
  const [buyer, setBuyer] = useState(() => ({ ...rememberedBuyer(session.account?.email) }));
  const [method, setMethod] = useState(words.checkout.methods[0]![0]);
  const [isChecked, setChecked] = useState(false);

  const submit = async (submitted: Event) => {
    submitted.preventDefault();
    setChecked(true);
    const form = submitted.currentTarget as HTMLFormElement;
    const hold = room.hold;
    if (!form.checkValidity()) {
      form.querySelector<HTMLElement>(':invalid')?.focus();
      return;
    }
    if (hold === undefined) return;
    rememberBuyer(buyer);
    setState({ step: 'charging' });
    onPaying(true);
    try {
      const request = { eventId: event.eventId, holdId: hold.holdId, buyer, payment: { method } };
      const outcome = await pay(room, request, (orderId) =>
        rememberOrder({ eventId: event.eventId, orderId }),
      );
      rememberOrder(undefined);
      // Where the turn ended meanwhile there is no second attempt: the order's page tells how it went.
      if (outcome.paid || room.link.state === 'ended') onDone(outcome.orderId);
      else setState({ step: 'failed', failure: outcome.failure });
    } catch (error) {
      setState({ step: 'refused', error });
    }
    onPaying(false);
    // What went wrong is said at the top.
    window.scrollTo({ top: 0, behavior: 'smooth' });
  };

  const lines = basketLines(room);
  const price = formatPrice(totalMinor(lines), room.map.currency);
  return (
    <div class="page checkout">
      {state.step === 'charging' && <Charging />}
      <div class="checkout-head">
        <button type="button" class="button button-quiet checkout-back" onClick={onBack}>
          <Icon name="back" size={18} />
          {words.checkout.back}
        </button>
        <h1>{words.checkout.title}</h1>
        {state.step === 'failed' && (
          <Callout tone="bad">
            {state.failure === undefined
              ? words.checkout.failedUnknown
              : words.checkout.failed[state.failure]}
          </Callout>
        )}
        {state.step === 'refused' && <Callout tone="bad">{refusal(state.error)}</Callout>}
      </div>
      <form
        class={`stack ${isChecked ? 'was-checked' : ''}`}
        onSubmit={submit}
        noValidate
        inert={state.step === 'charging'}
      >
        <fieldset class="card form-card">
          <legend>{words.checkout.you}</legend>
          <Field
            label={words.checkout.name}
            name="name"
            value={buyer.name}
            fault={words.checkout.nameMissing}
            onChange={(name) => setBuyer({ ...buyer, name })}
          />
          <Field
            label={words.checkout.email}
            name="email"
            value={buyer.email}
            fault={words.checkout.emailMissing}
            hint={words.checkout.emailHint}
            onChange={(email) => setBuyer({ ...buyer, email })}
          />
        </fieldset>
        <fieldset class="card form-card">
          <legend>{words.checkout.how}</legend>
          <p class="small muted">{words.checkout.simulated}</p>
          <div class="cards">
            {words.checkout.methods.map(([id, card, says]) => (
              <label key={id} class="pay-card">
                <input
                  type="radio"
                  name="method"
                  value={id}
                  checked={method === id}
                  onChange={() => setMethod(id)}
                />
                <span>
                  <b>{card}</b>
                  <span class="small muted">{says}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <button type="submit" class="button button-primary button-large" disabled={room.hold === undefined}>
          {words.checkout.pay(price)}
        </button>
        <p class="small muted centred">{words.checkout.terms}</p>
      </form>
      <aside class="card summary stack-tight">
        <h2>{words.checkout.summary}</h2>
        <p>
          <b>{event.name}</b>
          <br />
          <span class="muted small">
            {event.venue} · {formatDay(event.startsAtMs)}, {formatTime(event.startsAtMs)}
          </span>
        </p>
        <BasketList room={room} isFixed />
        <div class="total">
          <span>{words.map.total}</span>
          <strong>{price}</strong>
        </div>
        {state.step !== 'charging' && <HoldTimer room={room} />}
      </aside>
    </div>
  );
}

type FieldProps = {
  readonly label: string;
  readonly name: 'name' | 'email';
  readonly value: string;
  readonly fault: string;
  readonly hint?: string;
  readonly onChange: (value: string) => void;
};

function Field({ label, name, value, fault, hint, onChange }: FieldProps): JSX.Element {
  const input = {
    name,
    value,
    autoComplete: name,
    required: true,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  } as const;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is one of the two inputs
    <label class="field">
      <span>{label}</span>
      {name === 'email' ? <input type="email" {...input} /> : <input type="text" {...input} />}
      <span class="field-fault small" role="alert">
        {fault}
      </span>
      {hint && <span class="field-hint small muted">{hint}</span>}
    </label>
  );
}
