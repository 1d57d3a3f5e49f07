/**
 * How wide a text is, without a browser: the same on every machine.
 *
 * 1. Sans: the metrics of Helvetica, which Arial and Liberation Sans share. Monospace: one width for all.
 * 2. The picture gives each text its width (`textLength`), so that another font stays inside the box as well.
 */

export type Font = 'sans' | 'bold' | 'mono' | 'monoBold';

const FIRST = 32;
/** Advance widths of U+0020 to U+007E, in thousandths of the font size. */
const SANS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];
const BOLD = [
  278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
  556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
  280, 389, 584,
];
const MONO = 602;
const OTHER_SANS: Readonly<Record<string, number>> = { '–': 556, '→': 1000, '·': 278, '≤': 549, '“': 333, '”': 333 };
const UNKNOWN = 700;

/** Width in px. */
export function textWidth(text: string, font: Font, size: number): number {
  const thousandths = [...text].reduce((sum, character) => sum + advance(character, font), 0);
  return Math.ceil((thousandths * size) / 100) / 10;
}

function advance(character: string, font: Font): number {
  if (font === 'mono' || font === 'monoBold') return MONO;
  const table = font === 'sans' ? SANS : BOLD;
  return table[(character.codePointAt(0) ?? 0) - FIRST] ?? OTHER_SANS[character] ?? UNKNOWN;
}

/** Breaks at spaces, so that no line is wider than `limit` px unless one word alone is. */
export function wrap(text: string, font: Font, size: number, limit: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || textWidth(longer, font, size) > limit) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
