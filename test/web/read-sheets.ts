import { inflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';

// What stands on paper. Only what Chromium writes is read, which puts each text as glyphs of a font that tells their letters.

/** Prints on A4 with margins of 1 cm, and gives the letters of each sheet, without spaces. */
export async function printSheets(page: Page, landscape = false): Promise<string[]> {
  const margin = '1cm';
  const paper = { top: margin, bottom: margin, left: margin, right: margin };
  return readSheets(await page.pdf({ format: 'A4', landscape, margin: paper }));
}

function readSheets(file: Buffer): string[] {
  const objects = readObjects(file);
  const fonts = new Map<string, ReadonlyMap<string, string>>();
  const readFont = (number: string) => {
    const known =
      fonts.get(number) ?? readLetters(objects.get(/\/ToUnicode (\d+)/.exec(objects.get(number) ?? '')?.[1] ?? ''));
    fonts.set(number, known);
    return known;
  };
  return [...objects.values()]
    .filter((object) => /\/Type \/Page\b/.test(object))
    .map((sheet) => {
      const named = Array.from(sheet.matchAll(/\/(F\d+) (\d+) 0 R/g), ([, name, number]) => [name, number] as const);
      const numbers = new Map(named);
      const content = inflateObject(objects.get(/\/Contents (\d+)/.exec(sheet)?.[1] ?? ''));
      let font: ReadonlyMap<string, string> = new Map();
      let text = '';
      for (const [, name, glyphs] of content.matchAll(/\/(F\d+) [-\d.]+ Tf|<([\dA-F]+)>/g)) {
        if (name !== undefined) font = readFont(numbers.get(name) ?? '');
        for (const glyph of glyphs?.match(/.{4}/g) ?? []) text += font.get(glyph) ?? '';
      }
      return text.replaceAll(/\s/gu, '');
    });
}

/** By number, as they stand in the file, byte for byte. */
function readObjects(file: Buffer): ReadonlyMap<string, string> {
  const found = file.toString('latin1').matchAll(/(\d+) 0 obj\n(.*?)\nendobj/gs);
  return new Map(Array.from(found, ([, number = '', object = '']) => [number, object]));
}

function inflateObject(object = ''): string {
  const [, stream = ''] = /stream\n(.*)\nendstream/s.exec(object) ?? [];
  const bytes = Buffer.from(stream, 'latin1');
  return (object.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1');
}

function decodeLetters(hex: string): string {
  return Buffer.from(hex, 'hex').swap16().toString('utf16le');
}

/** Which letters the glyphs of a font are, by their numbers in hexadecimal digits. */
function readLetters(object: string | undefined): ReadonlyMap<string, string> {
  const letters = new Map<string, string>();
  const cmap = inflateObject(object);
  for (const [, glyph = '', letter = ''] of cmap.matchAll(/^<(\w{4})> <((?:\w{4})+)>$/gm))
    letters.set(glyph, decodeLetters(letter));
  for (const [, first = '', last = '', letter = ''] of cmap.matchAll(/^<(\w{4})> <(\w{4})> <(\w{4})>$/gm)) {
    const [from, to, start] = [first, last, letter].map((hex) => Number.parseInt(hex, 16)) as [number, number, number];
    for (let glyph = from; glyph <= to; glyph += 1) {
      letters.set(glyph.toString(16).toUpperCase().padStart(4, '0'), String.fromCharCode(start + glyph - from));
    }
  }
  return letters;
}
