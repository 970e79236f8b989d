/** A countdown in days, hours, minutes and seconds; the largest part that is nothing is left out. */
import type { JSX } from 'preact';
import { countdownParts } from '../format.ts';

export function Countdown({ ms }: { ms: number }): JSX.Element {
  const { days, hours, minutes, seconds } = countdownParts(ms);
  const parts: [number, string][] = [
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'm'],
    [seconds, 's'],
  ];
  const first = Math.min(
    2,
    Math.max(
      0,
      parts.findIndex(([value]) => value > 0),
    ),
  );
  const shown = ms <= 0 ? parts.slice(2) : parts.slice(first);
  return (
    <div class="countdown" role="timer" aria-live="off">
      {shown.map(([value, unit]) => (
        <span key={unit}>
          <b>{String(value).padStart(2, '0')}</b>
          <small>{unit}</small>
        </span>
      ))}
    </div>
  );
}
