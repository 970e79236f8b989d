/** The map itself: a canvas that is moved by hand, wheel and keyboard, its buttons and its tooltip. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icons.tsx';
import { words } from '../words.ts';
import { followGestures } from './gestures.ts';
import { MapRenderer } from './renderer.ts';
import { PITCH } from './scene.ts';
import { type Direction, nextSeat } from './seat-cursor.ts';
import type { SeatRoom } from './seat-room.ts';
import { describeSeat, SeatTip, SectionTip } from './seat-tip.tsx';

/** From this distance between seats on a seat can be meant: a mouse is finer than a finger. */
const CHOOSE_PITCH_PX = { mouse: 7, touch: 15 };
/** How close choosing a section comes. */
const NEAR_PITCH_PX = 26;
/** How far beside a seat a finger may land. */
const REACH_PX = { mouse: 4, touch: 16 };
const ZOOM_STEP = 1.7;

type Pointed = {
  readonly kind: 'seat' | 'section';
  readonly index: number;
  readonly x: number;
  readonly y: number;
};

export function MapCanvas({
  room,
  onGeneral,
}: {
  room: SeatRoom;
  onGeneral: (sectionIndex: number) => void;
}): JSX.Element {
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const rendererRef = useRef<MapRenderer | undefined>(undefined);
  const [pointed, setPointed] = useState<Pointed | undefined>();
  const [cursor, setCursor] = useState(-1);

  useEffect(() => {
    const canvas = canvasRef.current!;
    const renderer = new MapRenderer(canvas, room, words.map.left);
    rendererRef.current = renderer;
    const stop = connect(canvas, renderer, room, { setPointed, onGeneral });
    return () => {
      stop();
      renderer.stop();
    };
  }, [room, onGeneral]);

  const renderer = rendererRef.current;
  if (renderer !== undefined) {
    renderer.marks.own = room.ownSeats;
    renderer.marks.pending = room.pending;
    renderer.draw();
  }

  const zoom = (factor: number) => {
    const map = rendererRef.current;
    if (map) map.glideTo(map.view.zoomed(factor, undefined, undefined, map.target));
  };
  const fit = () => rendererRef.current?.glideTo(rendererRef.current.view.fitting());

  const onKeyDown = (event: KeyboardEvent) => {
    const map = rendererRef.current;
    if (map === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (event.key === '+' || event.key === '=') zoom(ZOOM_STEP);
    else if (event.key === '-') zoom(1 / ZOOM_STEP);
    else if (event.key === '0') fit();
    else if (event.key === 'Escape') {
      map.marks.cursor = -1;
      map.draw();
      setCursor(-1);
    } else if (direction !== undefined && event.shiftKey) map.glideTo(map.view.panned(...PANS[direction]));
    else if (direction !== undefined) setCursor(moveCursor(map, room, direction));
    else if ((event.key === 'Enter' || event.key === ' ') && map.marks.cursor >= 0) {
      room.toggle(map.marks.cursor);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="map">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: arrow keys are the map's, as in a game */}
      <canvas
        ref={canvasRef}
        class="map-canvas"
        tabIndex={0}
        role="application"
        aria-label={words.map.label}
        onKeyDown={onKeyDown}
      />
      <div class="visually-hidden map-said" aria-live="polite">
        {cursor >= 0 && describeSeat(room, cursor)}
      </div>
      {pointed?.kind === 'seat' && <SeatTip room={room} seat={pointed.index} x={pointed.x} y={pointed.y} />}
      {pointed?.kind === 'section' && (
        <SectionTip room={room} section={pointed.index} x={pointed.x} y={pointed.y} />
      )}
      <div class="map-buttons">
        <button
          type="button"
          class="icon-button"
          onClick={() => zoom(ZOOM_STEP)}
          aria-label={words.map.zoomIn}
          title={words.map.zoomIn}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          class="icon-button"
          onClick={() => zoom(1 / ZOOM_STEP)}
          aria-label={words.map.zoomOut}
          title={words.map.zoomOut}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          class="icon-button"
          onClick={fit}
          aria-label={words.map.fit}
          title={words.map.fit}
        >
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const PANS: Readonly<Record<Direction, readonly [number, number]>> = {
  left: [120, 0],
  right: [-120, 0],
  up: [0, 120],
  down: [0, -120],
};

/** Moves the keyboard's seat, keeps it in sight, and returns it; -1 in a house without seats. */
function moveCursor(map: MapRenderer, room: SeatRoom, direction: Direction): number {
  const { scene } = room;
  const { view, marks } = map;
  if (marks.cursor < 0) {
    const middle = view.toHouse(view.width / 2, view.height / 2);
    const reach = Math.max(scene.plan.width, scene.plan.height);
    marks.cursor = scene.grid.nearest(middle.x, middle.y, reach);
  } else marks.cursor = nextSeat(scene, marks.cursor, direction);
  if (marks.cursor < 0) return -1;
  const x = scene.x[marks.cursor]!;
  const y = scene.y[marks.cursor]!;
  const at = view.toScreen(x, y);
  const isSeen = at.x > 60 && at.y > 60 && at.x < view.width - 60 && at.y < view.height - 60;
  if (view.pitchPx < CHOOSE_PITCH_PX.mouse * 1.5) map.glideTo(view.centredOn(x, y, NEAR_PITCH_PX / PITCH));
  else if (!isSeen) map.glideTo(view.centredOn(x, y));
  map.draw();
  return marks.cursor;
}

/** What lies over the map: the prices above, what the shapes mean or the panel's round corners below. */
function insetsOf(canvas: HTMLCanvasElement) {
  const around = canvas.closest('.chooser-map');
  const height = (selector: string) => around?.querySelector<HTMLElement>(selector)?.offsetHeight ?? 0;
  return {
    top: height('.legend-prices') + 20,
    right: 14,
    bottom: Math.max(24, height('.legend-states') + 18),
    left: 14,
  };
}

type Hooks = {
  readonly setPointed: (pointed: Pointed | undefined) => void;
  readonly onGeneral: (sectionIndex: number) => void;
};

/** Joins canvas, renderer and room; returns what takes them apart. */
function connect(canvas: HTMLCanvasElement, renderer: MapRenderer, room: SeatRoom, hooks: Hooks): () => void {
  const seatAt = (x: number, y: number, how: 'mouse' | 'touch') => {
    const { view } = renderer;
    if (view.pitchPx < CHOOSE_PITCH_PX[how]) return -1;
    const house = view.toHouse(x, y);
    const reach = Math.max(PITCH * 0.55, Math.min(PITCH * 0.9, REACH_PX[how] / view.pose.scale));
    // Blocked seats are not drawn, so they are not met either.
    return room.scene.grid.nearest(house.x, house.y, reach, (seat) => room.states[seat] !== 3);
  };
  const sectionAt = (x: number, y: number) => {
    const house = renderer.view.toHouse(x, y);
    return room.scene.sectionAt(house.x, house.y);
  };

  const point = (at: { x: number; y: number } | undefined) => {
    const seat = at === undefined ? -1 : seatAt(at.x, at.y, 'mouse');
    const section = at === undefined || seat >= 0 ? undefined : sectionAt(at.x, at.y);
    const isGeneral = section?.section.kind === 'general';
    const far = renderer.view.pitchPx < CHOOSE_PITCH_PX.mouse || isGeneral;
    renderer.marks.hover = seat;
    renderer.marks.hoverSection = section !== undefined && far ? section.index : -1;
    canvas.classList.toggle('is-choosing', seat >= 0 || renderer.marks.hoverSection >= 0);
    if (at === undefined) hooks.setPointed(undefined);
    else if (seat >= 0) {
      const middle = renderer.view.toScreen(room.scene.x[seat]!, room.scene.y[seat]!);
      hooks.setPointed({ kind: 'seat', index: seat, ...middle });
    } else if (section !== undefined && far)
      hooks.setPointed({ kind: 'section', index: section.index, x: at.x, y: at.y });
    else hooks.setPointed(undefined);
    renderer.draw();
  };

  const choose = ({ x, y }: { x: number; y: number }, how: 'mouse' | 'touch') => {
    const seat = seatAt(x, y, how);
    if (seat >= 0) {
      room.toggle(seat);
      if (how === 'touch') {
        const middle = renderer.view.toScreen(room.scene.x[seat]!, room.scene.y[seat]!);
        hooks.setPointed({ kind: 'seat', index: seat, ...middle });
      }
      return;
    }
    hooks.setPointed(undefined);
    const section = sectionAt(x, y);
    if (section?.section.kind === 'general') hooks.onGeneral(section.index);
    else if (renderer.view.pitchPx < CHOOSE_PITCH_PX[how] && (section !== undefined || how === 'touch')) {
      const house = renderer.view.toHouse(x, y);
      renderer.glideTo(renderer.view.centredOn(house.x, house.y, NEAR_PITCH_PX / PITCH));
    }
  };

  const offGestures = followGestures(canvas, renderer, { onPoint: point, onChoose: choose });
  renderer.onMove = () => hooks.setPointed(undefined);
  room.events = {
    onSeats: (seats, flash) => renderer.seatsChanged(seats, flash),
    onMap: () => renderer.redrawAll(),
  };
  const observer = new ResizeObserver(([entry]) => {
    const box = entry?.contentRect;
    if (!box || box.width === 0) return;
    renderer.view.insets = insetsOf(canvas);
    renderer.resize(box.width, box.height);
  });
  observer.observe(canvas.parentElement!);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const onTheme = () => renderer.readThemeAgain();
  dark.addEventListener('change', onTheme);
  return () => {
    offGestures();
    observer.disconnect();
    dark.removeEventListener('change', onTheme);
  };
}
