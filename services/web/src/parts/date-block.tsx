/** Day and month as a calendar leaf. */
import type { JSX } from 'preact';
import { formatMonth } from '../format.ts';

export function DateBlock({ atMs }: { atMs: number }): JSX.Element {
  return (
    <time class="date-block" dateTime={new Date(atMs).toISOString()}>
      <b>{new Date(atMs).getDate()}</b>
      <span>{formatMonth(atMs)}</span>
    </time>
  );
}
