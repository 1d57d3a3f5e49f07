/**
 * What stands below the options of a `--help`, as wide as the options above it.
 */
import type { AddHelpTextContext } from 'commander';
import { wrapped } from './table.js';
import { textWidth } from './text-width.js';

/** `  3    a person is needed`: what stands before the words, and the words. */
const LEADING = /^(\s*(?:\d+\s+)?)(.*)$/s;

/** For `addHelpText`: each paragraph anew in lines that fit. A line that is one sentence, or begins with a number, begins one. */
export const helpNotes =
  (text: string) =>
  ({ command }: AddHelpTextContext): string => {
    const width = command.createHelp().helpWidth ?? command.configureOutput().getOutHelpWidth?.() ?? FALLBACK;
    return paragraphs(text.split('\n'))
      .flatMap((paragraph) => broken(paragraph, width))
      .join('\n');
  };

const FALLBACK = 80;

function paragraphs(lines: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    const goesOn =
      last !== undefined && last !== '' && line !== '' && !/[.:]$/.test(last) && !/^\s*\d+\s{2,}/.test(line);
    if (goesOn) found[found.length - 1] = `${last} ${line.trim()}`;
    else found.push(line);
  }
  return found;
}

function broken(paragraph: string, width: number): readonly string[] {
  const [, leading = '', words = ''] = LEADING.exec(paragraph) ?? [];
  return wrapped(words, width, ' '.repeat(textWidth(leading)), leading);
}
