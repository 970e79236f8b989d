/** Fetches a PDF and saves it. While it is still being made the house says so, and the button waits. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { Icon } from '../parts/icons.tsx';
import { words } from '../words.ts';

/** After this long the button gives up; asking again is one click. */
const PATIENCE_MS = 60_000;

export function PdfButton({
  path,
  fileName,
  label,
}: {
  path: string;
  fileName: string;
  label: string;
}): JSX.Element {
  const [state, setState] = useState<'idle' | 'making' | 'failed'>('idle');
  const download = async () => {
    setState('making');
    try {
      save(await fetchPdf(path), fileName);
      setState('idle');
    } catch {
      setState('failed');
    }
  };
  return (
    <button type="button" class="button" onClick={download} disabled={state === 'making'}>
      {state === 'making' ? <span class="spinner" aria-hidden="true" /> : <Icon name="file" size={18} />}
      {state === 'making' ? words.order.making : state === 'failed' ? words.order.downloadFailed : label}
    </button>
  );
}

async function fetchPdf(path: string): Promise<Blob> {
  const url = new URL(path, location.origin);
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await api.ticketPdf(url.pathname + url.search);
    if ('pdf' in answer) return answer.pdf;
    if (Date.now() > giveUpAtMs) throw new Error('The PDF is not made yet.');
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfterMs));
  }
}

function save(pdf: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(pdf);
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
