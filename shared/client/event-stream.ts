/**
 * Server-sent events over fetch: the page's `EventSource` cannot send a bearer token and Node has none, so
 * both read the stream with these few lines. Reconnecting is the caller's.
 */

export type StreamEvent = { readonly name: string; readonly data: string };

/** More than a board ever has; a stream that sends this without an end of line is not one of ours. */
const PENDING_CHARS_MAX = 1_000_000;

/** Takes text as it comes and yields whole events. */
export class EventStreamParser {
  #pending = '';
  #name = 'message';
  #data: string[] = [];

  push(text: string): StreamEvent[] {
    this.#pending += text;
    if (this.#pending.length > PENDING_CHARS_MAX)
      throw new RangeError('The event stream sends no ends of line.');
    const lines = this.#pending.split(/\r\n|\n|\r(?!$)/);
    this.#pending = lines.pop() ?? '';
    const events: StreamEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') {
      const event = { name: this.#name, data: this.#data.join('\n') };
      const empty = this.#data.length === 0;
      this.#name = 'message';
      this.#data = [];
      return empty ? undefined : event;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }
}

/** Reads a stream's events until it ends or `signal` ends it. `onBytes` hears of comments too: a sign of life. */
export async function readEventStream(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: StreamEvent) => void,
  onBytes: () => void = () => {},
): Promise<void> {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) onEvent(event);
    }
  } finally {
    reader.releaseLock();
  }
}
