/** Comma-separated values as RFC 4180 has them, and as spreadsheets write them: a BOM, either line end. */

import type { FaultList } from '../fault.ts';

export type CsvRecord = {
  /** Of its first character, counted from 1: fields in quotes may hold line ends. */
  readonly line: number;
  readonly fields: readonly string[];
};

/** The records that are not blank. Adds `quote_unclosed` and `quote_misplaced` to `faults`. */
export function csvRecords(text: string, faults: FaultList): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    let ended = false;
    while (!ended) {
      const field = readField(text, at, line, faults);
      fields.push(field.text);
      line = field.line;
      at = field.end;
      ended = text[at] !== ',';
      if (!ended) at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (fields.some((field) => field !== '')) records.push({ line: start, fields });
  }
  return records;
}

type Field = { readonly text: string; readonly end: number; readonly line: number };

/** One field; `end` is at the comma, the line end or the end of the text behind it. */
function readField(text: string, from: number, line: number, faults: FaultList): Field {
  if (text[from] !== '"') {
    const end = fieldEnd(text, from);
    const plain = text.slice(from, end).trim();
    if (plain.includes('"')) {
      faults.add(
        `line ${line}`,
        'quote_misplaced',
        'a quote stands inside a field that does not begin with one',
      );
    }
    return { text: plain, end, line };
  }
  let value = '';
  let at = from + 1;
  let now = line;
  for (;;) {
    const quote = text.indexOf('"', at);
    const piece = text.slice(at, quote === -1 ? text.length : quote);
    now += piece.split('\n').length - 1;
    value += piece;
    if (quote === -1) {
      faults.add(`line ${line}`, 'quote_unclosed', 'a quoted field is never closed');
      return { text: value, end: text.length, line: now };
    }
    at = quote + 1;
    if (text[at] !== '"') break;
    value += '"';
    at += 1;
  }
  const end = fieldEnd(text, at);
  if (text.slice(at, end).trim() !== '') {
    faults.add(`line ${now}`, 'quote_misplaced', 'something stands behind a closing quote');
  }
  return { text: value.trim(), end, line: now };
}

function fieldEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const c = text[at];
    if (c === ',' || c === '\n' || c === '\r') return at;
  }
  return text.length;
}
