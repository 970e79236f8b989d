/** A thread of the pool: one document in, its bytes out, one at a time. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { renderTickets } from './render.ts';
import type { TicketDocument } from './ticket-facts.ts';

/** On Linux this concerns the calling thread alone: payments go before documents. */
const NICENESS = 15;
try {
  setPriority(NICENESS);
} catch {
  // A system that will not have it makes its documents all the same.
}

parentPort!.on('message', async (document: TicketDocument) => {
  try {
    const pdf = await renderTickets(document);
    // Node hands out small buffers from a shared pool, which cannot be given away: copy, then move the copy.
    const bytes = new Uint8Array(pdf);
    parentPort!.postMessage({ pdf: bytes }, [bytes.buffer]);
  } catch (error) {
    parentPort!.postMessage({ error: (error as Error).stack ?? String(error) });
  }
});
