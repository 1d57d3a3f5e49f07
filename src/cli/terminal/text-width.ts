/**
 * How much room text takes on a terminal, and text that is safe to show there.
 *
 * 1. Texts of advisories and brokers are foreign: control characters could move the cursor or worse, and are never written.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must go.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with a middle dot in place of everything that a terminal would obey or hide. */
export const printable = (text: string): string => text.replace(UNSAFE, '·');

const COMBINING = /^\p{M}$/u;
/** East Asian wide and full-width blocks, and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** Columns that the text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

const widthOf = (character: string): number => (COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** The text in at most `width` columns, its end replaced by `…` when it is cut. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text in exactly `width` columns. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const clipped = clip(text, width);
  const blanks = ' '.repeat(Math.max(0, width - textWidth(clipped)));
  return align === 'left' ? clipped + blanks : blanks + clipped;
}
