// A service writes its log straight into a file: no pipe to fill, no copy through this process under load, and nothing
// lost when the launcher is killed. The launcher reads along, a few times a second.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const POLL_MS = 250;
const CHUNK_BYTES = 256 * 1024;

/** Calls `onLine` for each line appended to the file from now on. Returns a function that reads the rest and stops. */
export function followLog(path: string, onLine: (line: string) => void): () => void {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let offset = fstatSync(file).size;
  let partial = '';
  const read = (): void => {
    for (;;) {
      const bytes = readSync(file, chunk, 0, CHUNK_BYTES, offset);
      if (bytes === 0) return;
      offset += bytes;
      const lines = (partial + chunk.toString('utf8', 0, bytes)).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    }
  };
  const timer = setInterval(read, POLL_MS).unref();
  return () => {
    clearInterval(timer);
    read();
    if (partial !== '') onLine(partial);
    closeSync(file);
  };
}

/** The last lines of a file, at most `linesMax`, of its last 64 KB. */
export function lastLines(path: string, linesMax: number): string[] {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const tail = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8').trimEnd().split('\n').slice(-linesMax);
  } finally {
    closeSync(file);
  }
}
