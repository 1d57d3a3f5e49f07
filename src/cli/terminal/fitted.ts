/**
 * A report of plain lines, as a terminal has room for it.
 */
import type { TextSink } from '../world.js';
import { tableWidth } from './size.js';
import { wrapped } from './table.js';
import { textWidth } from './text-width.js';

/** Lines that are too wide are broken between words and set in below their beginning. In a pipe nothing is broken. */
export function fitted(text: string, stdout: TextSink): string {
  const width = tableWidth(stdout);
  return text
    .split('\n')
    .flatMap((line) => {
      if (textWidth(line) <= width) return [line];
      const begin = /^ */.exec(line)?.[0] ?? '';
      return wrapped(line.slice(begin.length), width, `${begin}  `, begin);
    })
    .join('\n');
}
