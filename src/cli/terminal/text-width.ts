/**
 * How much room text takes on a terminal, and text that is safe to show there.
 *
 * 1. Texts of advisories and brokers are foreign: control characters could move the cursor or worse, and are never written.
 */
import stringWidth from 'string-width';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must go.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with a middle dot in place of everything that a terminal would obey or hide. */
export const printable = (text: string): string => text.replace(UNSAFE, '·');

/** Columns that the text takes: what is seen as one character counts once, however it is put together. */
export const textWidth = (text: string): number => (PLAIN.test(text) ? text.length : stringWidth(text));

/** Most texts: measured many times a second. */
const PLAIN = /^[\x20-\x7e]*$/;

const CHARACTERS = new Intl.Segmenter('en');

/** The text in at most `width` columns, its end replaced by `…` when it is cut; never within a character. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    used += textWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text in exactly `width` columns. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const clipped = clip(text, width);
  const blanks = ' '.repeat(Math.max(0, width - textWidth(clipped)));
  return align === 'left' ? clipped + blanks : blanks + clipped;
}
