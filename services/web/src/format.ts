/** Numbers, times and money as people read them, in the visitor's own language where it matters. */
import { formatMoney } from '../../../shared/domain/money.ts';

const LOCALE = typeof navigator === 'undefined' ? 'en' : navigator.language;

const count = new Intl.NumberFormat(LOCALE);
const dayLong = new Intl.DateTimeFormat(LOCALE, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const dayShort = new Intl.DateTimeFormat(LOCALE, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const time = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' });
const month = new Intl.DateTimeFormat(LOCALE, { month: 'short' });
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });

export const formatCount = (value: number): string => count.format(value);
export const formatDayLong = (atMs: number): string => dayLong.format(atMs);
export const formatDay = (atMs: number): string => dayShort.format(atMs);
export const formatTime = (atMs: number): string => time.format(atMs);
export const formatMonth = (atMs: number): string => month.format(atMs);
export const formatMoment = (atMs: number): string => moment.format(atMs);
export const formatPrice = (amountMinor: number, currency: string): string =>
  formatMoney(amountMinor, currency, LOCALE);

/** `4:09`, or `1:04:09` past an hour. Never below zero. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The parts of a longer countdown. */
export function countdownParts(ms: number): {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
} {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3_600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  };
}

/**
 * A wait as a range in whole minutes or hours, as rough as it is known: an estimate that says "3 min 12 s"
 * promises what nobody can keep.
 */
export function waitRange(ms: number): { unit: 'soon' | 'minutes' | 'hours'; from: number; to: number } {
  const minutes = ms / 60_000;
  if (minutes < 1) return { unit: 'soon', from: 0, to: 1 };
  if (minutes < 90) {
    const from = Math.max(1, Math.floor(minutes));
    const width = minutes < 10 ? 1 : minutes < 30 ? 3 : 10;
    return { unit: 'minutes', from, to: from + width };
  }
  const hours = Math.floor((minutes / 60) * 2) / 2;
  return { unit: 'hours', from: hours, to: hours + 0.5 };
}
