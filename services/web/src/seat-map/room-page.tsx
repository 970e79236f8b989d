/** Inside: the seat map with the panel beside it (below it on a phone), and the checkout in their place. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Admission, EventDetails, SeatMap } from '../../../../shared/protocol/http.ts';
import { loadSeatMap } from '../api.ts';
import { formatPrice } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Callout, Failure, Loading } from '../parts/notices.tsx';
import { Checkout } from '../payment/checkout.tsx';
import { navigate, useLocation } from '../router.ts';
import { useLoaded, useStore } from '../store.ts';
import '../styles/room.css';
import { words } from '../words.ts';
import { BasketList, basketLines, HoldTimer, TurnTimer, totalMinor } from './basket.tsx';
import { BestAvailable, GeneralSections } from './choosers.tsx';
import { Legend } from './legend.tsx';
import { MapCanvas } from './map-canvas.tsx';
import { SeatRoom } from './seat-room.ts';

export type RoomProps = {
  readonly event: EventDetails;
  readonly admission: Admission;
  readonly onOver: (why: 'ended' | 'revoked' | 'left') => void;
  readonly onBought: (orderId: string) => void;
};

export function RoomPage(props: RoomProps): JSX.Element {
  const map = useLoaded(() => loadSeatMap(props.event.eventId), props.event.eventId);
  if (map.state === 'failed') return <Failure error={map.error} onRetry={map.reload} />;
  if (map.state === 'loading') return <Loading />;
  return <OpenRoom {...props} map={map.value} />;
}

function OpenRoom({ event, admission, map, onOver, onBought }: RoomProps & { map: SeatMap }): JSX.Element {
  // One room per admission, whatever else is drawn anew around it.
  const room = useStore(
    useMemo(
      () => new SeatRoom(map, admission, event.onSale.seatsPerVisitorMax),
      [map, admission.admissionId],
    ),
  );
  const { path, hash } = useLocation();
  const [paying, setPaying] = useState(false);
  const isCheckout = hash === '#checkout' && (room.hold !== undefined || paying);

  useEffect(() => {
    room.start();
    return () => room.stop();
  }, [room]);

  // A purchase ends the turn too; the checkout shows its result.
  const over = paying ? undefined : room.over;
  useEffect(() => {
    if (over !== undefined) onOver(over);
  }, [over]);

  // The seats went while their payment form was open: choosing others must not lead straight back to it.
  const isStranded = hash === '#checkout' && !isCheckout && room.link.state === 'live';
  useEffect(() => {
    if (isStranded) navigate(path, 'replace');
  }, [isStranded]);

  if (isCheckout) {
    return (
      <Checkout
        event={event}
        room={room}
        onPaying={setPaying}
        onBack={() => navigate(path, 'replace')}
        onDone={onBought}
      />
    );
  }
  return (
    <ChooseSeats
      event={event}
      room={room}
      onLeave={() => onOver('left')}
      onCheckout={() => navigate(`${path}#checkout`)}
    />
  );
}

function ChooseSeats({
  event,
  room,
  onLeave,
  onCheckout,
}: {
  event: EventDetails;
  room: SeatRoom;
  onLeave: () => void;
  onCheckout: () => void;
}): JSX.Element {
  const hasSeats = room.scene.sections.some(({ section }) => section.kind === 'seated');
  const [shown, setShown] = useState(-1);
  // Where all places are alike the map has nothing to choose from.
  const [isOpen, setOpen] = useState(!hasSeats);
  const max = event.onSale.seatsPerVisitorMax;
  const showGeneral = useMemo(
    () => (section: number) => {
      setShown(section);
      setOpen(true);
    },
    [],
  );
  return (
    <div class="chooser">
      <div class="chooser-top">
        <div class="chooser-event">
          <h1>{event.name}</h1>
          <span class="muted small">{event.venue}</span>
        </div>
        <TurnTimer room={room} />
        <LeaveRoom onLeave={onLeave} />
      </div>
      <div class="chooser-map">
        <MapCanvas room={room} onGeneral={showGeneral} />
        <Legend room={room} />
        <LinkState room={room} />
        <ToastLine room={room} />
      </div>
      <aside class={`panel ${isOpen ? 'is-open' : ''}`}>
        <button type="button" class="panel-handle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span class="panel-grip" />
          <span>{isOpen ? words.close : hasSeats ? words.map.tapSeat : words.map.standing}</span>
          <Icon name="up" size={18} />
        </button>
        <div class="panel-body">
          {hasSeats && <BestAvailable room={room} max={max} />}
          <GeneralSections room={room} max={max} shown={shown} />
          <section class="chosen stack-tight" aria-label={words.map.chosen}>
            <h3>{words.map.chosen}</h3>
            {room.hold === undefined ? (
              <p class="muted small chosen-none">
                {hasSeats ? words.map.noneChosen : words.map.noneChosenGeneral}
              </p>
            ) : (
              <BasketList room={room} />
            )}
          </section>
        </div>
        <PanelFoot room={room} onCheckout={onCheckout} />
      </aside>
    </div>
  );
}

function PanelFoot({ room, onCheckout }: { room: SeatRoom; onCheckout: () => void }): JSX.Element {
  const lines = basketLines(room);
  const count = room.hold?.seats.length ?? 0;
  return (
    <div class={`panel-foot ${count === 0 ? 'is-empty' : ''}`}>
      <HoldTimer room={room} />
      <div class="total">
        <span>
          {words.map.total}
          {count > 0 && <span class="muted small"> · {words.seats(count)}</span>}
        </span>
        <strong>{formatPrice(totalMinor(lines), room.map.currency)}</strong>
      </div>
      <button
        type="button"
        class="button button-primary button-large"
        disabled={count === 0 || room.busy}
        onClick={onCheckout}
      >
        {words.map.checkout}
        <Icon name="arrow" />
      </button>
    </div>
  );
}

function LeaveRoom({ onLeave }: { onLeave: () => void }): JSX.Element {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button type="button" class="button button-small button-quiet" onClick={() => setAsked(true)}>
        {words.map.leave}
      </button>
    );
  }
  return (
    <div class="leave-ask card" role="alertdialog" aria-label={words.map.leave}>
      <p class="small">{words.map.leaveSure}</p>
      <div class="row">
        <button type="button" class="button button-small" onClick={() => setAsked(false)}>
          {words.line.stayHere}
        </button>
        <button type="button" class="button button-small button-danger" onClick={onLeave}>
          {words.map.leave}
        </button>
      </div>
    </div>
  );
}

function LinkState({ room }: { room: SeatRoom }): JSX.Element | null {
  const { state } = room.link;
  const text =
    state === 'connecting'
      ? words.map.stateConnecting
      : state === 'resyncing'
        ? words.map.stateResyncing
        : state === 'reconnecting'
          ? words.map.stateReconnecting
          : undefined;
  if (text === undefined && !room.degraded) return null;
  return (
    <output class="link-state">
      {text !== undefined && <span class="spinner" aria-hidden="true" />}
      {text ?? words.map.degraded}
    </output>
  );
}

function ToastLine({ room }: { room: SeatRoom }): JSX.Element {
  return (
    <div class="toasts" aria-live="assertive">
      {room.toast && (
        <div class="toast" key={room.toast.id}>
          <Callout tone={room.toast.tone}>{room.toast.text}</Callout>
          <button
            type="button"
            class="icon-button icon-button-small"
            onClick={() => room.hush()}
            aria-label={words.close}
          >
            <Icon name="cross" size={16} />
          </button>
        </div>
      )}
    </div>
  );
}
