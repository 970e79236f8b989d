/**
 * The fonts of tickets, opened once per thread.
 *
 * pdfmake opens its fonts anew for every document and reads their kerning tables each time, which is more
 * than half of the work of a ticket: 45 ms a document so, 20 ms with fonts that stay open. So what pdfmake is
 * given is not a font but its name, and fontkit is taught a format that answers the name with the open font.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TFontDictionary } from 'pdfmake/interfaces.js';

type Fontkit = {
  create(bytes: Uint8Array): object;
  registerFormat(format: {
    new (stream: { buffer: Uint8Array }): object;
    probe(bytes: Uint8Array): boolean;
  }): void;
};

const FILES = { normal: 'Roboto-Regular.ttf', bold: 'Roboto-Medium.ttf' } as const;
const MARK = 'usher-font:';

const here = createRequire(import.meta.url);
const pdfmakeFolder = dirname(here.resolve('pdfmake/package.json'));
// The very fontkit that pdfmake's pdfkit uses, wherever npm has put it.
const pdfkit = createRequire(createRequire(join(pdfmakeFolder, 'package.json')).resolve('pdfkit'));
const fontkit = pdfkit('fontkit') as Fontkit;

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
const open = new Map<string, object>();

/** What an open font looks like to fontkit: a file whose only content is a name. */
class OpenFont {
  static probe(bytes: Uint8Array): boolean {
    return bytes.byteLength < 100 && text(bytes).startsWith(MARK);
  }

  constructor(stream: { buffer: Uint8Array }) {
    // biome-ignore lint/correctness/noConstructorReturn: fontkit calls formats with `new` and takes what comes.
    return open.get(text(stream.buffer))!;
  }
}
fontkit.registerFormat(OpenFont);

type FileSystem = { writeFileSync(name: string, bytes: Buffer): void };

/** Opens the fonts, and has pdfmake find their names where it looks for font files. */
export function useTicketFonts(maker: { setFonts(fonts: TFontDictionary): void }): void {
  const { virtualfs } = maker as unknown as { virtualfs: FileSystem };
  const styles: Record<string, string> = {};
  for (const [style, file] of Object.entries(FILES)) {
    const name = `${MARK}${style}`;
    open.set(name, fontkit.create(readFileSync(join(pdfmakeFolder, 'fonts', 'Roboto', file))));
    virtualfs.writeFileSync(name, Buffer.from(name));
    styles[style] = name;
  }
  maker.setFonts({ Roboto: styles });
}
