/** Mouse, touch, pen and wheel as three things: the view moves, something is pointed at, something is chosen. */
import type { MapRenderer } from './renderer.ts';

export type GestureHandlers = {
  /** The pointer rests at or passes a place; undefined when it left. Not told of touch. */
  readonly onPoint: (at: { x: number; y: number } | undefined) => void;
  readonly onChoose: (at: { x: number; y: number }, how: 'mouse' | 'touch') => void;
};

/** A hand that means to tap moves this much all the same. */
const TAP_SLACK_PX = { mouse: 4, touch: 10 };

export function followGestures(
  canvas: HTMLCanvasElement,
  renderer: MapRenderer,
  handlers: GestureHandlers,
): () => void {
  const pointers = new Map<number, { x: number; y: number }>();
  let start: { x: number; y: number } | undefined;
  let moved = false;

  const at = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const kindOf = (event: PointerEvent) => (event.pointerType === 'touch' ? 'touch' : 'mouse');

  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) {
      start = at(event);
      moved = false;
    } else moved = true;
  };

  const onMove = (event: PointerEvent) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType !== 'touch') handlers.onPoint(now);
      return;
    }
    if (!moved && start && Math.hypot(now.x - start.x, now.y - start.y) <= TAP_SLACK_PX[kindOf(event)])
      return;
    if (!moved) {
      moved = true;
      canvas.classList.add('is-dragged');
      handlers.onPoint(undefined);
    }
    if (pointers.size === 1) renderer.moveTo(renderer.view.panned(now.x - before.x, now.y - before.y));
    else if (pointers.size === 2) pinch(event.pointerId, before, now);
    pointers.set(event.pointerId, now);
  };

  /** Two fingers: the point between them stays between them. */
  const pinch = (id: number, before: { x: number; y: number }, now: { x: number; y: number }) => {
    const other = [...pointers].find(([key]) => key !== id)?.[1];
    if (other === undefined) return;
    const factor =
      Math.hypot(now.x - other.x, now.y - other.y) /
      Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    renderer.moveTo(renderer.view.panned((now.x - before.x) / 2, (now.y - before.y) / 2));
    renderer.moveTo(renderer.view.zoomed(factor, (now.x + other.x) / 2, (now.y + other.y) / 2));
  };

  const onUp = (event: PointerEvent) => {
    const was = pointers.delete(event.pointerId);
    if (pointers.size > 0) return;
    canvas.classList.remove('is-dragged');
    if (was && !moved && event.type === 'pointerup') handlers.onChoose(at(event), kindOf(event));
  };

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    // A trackpad's pinch comes as a wheel with Ctrl and small steps.
    const strength = event.ctrlKey ? 0.01 : 0.0016;
    const factor = Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * strength);
    const { x, y } = at(event);
    renderer.moveTo(renderer.view.zoomed(factor, x, y));
    handlers.onPoint({ x, y });
  };

  const onLeave = () => handlers.onPoint(undefined);

  canvas.addEventListener('pointerdown', onDown);
  canvas.addEventListener('pointermove', onMove);
  canvas.addEventListener('pointerup', onUp);
  canvas.addEventListener('pointercancel', onUp);
  canvas.addEventListener('pointerleave', onLeave);
  canvas.addEventListener('wheel', onWheel, { passive: false });
  return () => {
    canvas.removeEventListener('pointerdown', onDown);
    canvas.removeEventListener('pointermove', onMove);
    canvas.removeEventListener('pointerup', onUp);
    canvas.removeEventListener('pointercancel', onUp);
    canvas.removeEventListener('pointerleave', onLeave);
    canvas.removeEventListener('wheel', onWheel);
  };
}
