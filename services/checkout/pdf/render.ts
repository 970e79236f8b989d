/** Words to PDF bytes; takes tens of milliseconds of one core and therefore runs in a thread. */
import pdfmake from 'pdfmake';
import { useTicketFonts } from './fonts.ts';
import type { TicketDocument } from './ticket-facts.ts';
import { ticketDefinition } from './ticket-page.ts';

useTicketFonts(pdfmake);
// A document loads nothing, whatever an event is called.
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy(() => false);

/** Makes the PDF. */
export async function renderTickets(document: TicketDocument): Promise<Uint8Array> {
  return pdfmake.createPdf(ticketDefinition(document)).getBuffer();
}
