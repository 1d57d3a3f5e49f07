/**
 * What a broker has to say to an operator: on standard error, or among the lives while they are shown.
 *
 * 1. Nothing is lost: before and after the view it goes to standard error.
 */
import { printable } from '../terminal/text-width.js';
import type { TextSink } from '../world.js';
import type { RunView } from './view.js';

export interface Notices {
  tell(sentence: string): void;
  /** A command to be copied, on a line of its own. */
  command(text: string): void;
  /** From now on there; `undefined` for standard error again. */
  showOn(view: Pick<RunView, 'note'> | undefined): void;
}

export function notices(stderr: TextSink): Notices {
  let shownOn: Pick<RunView, 'note'> | undefined;
  return {
    tell(sentence) {
      if (shownOn === undefined) stderr.write(`fillchart: ${printable(sentence)}\n`);
      else shownOn.note('warn', sentence);
    },
    command: (text) => void stderr.write(`fillchart: ${text}\n`),
    showOn(view) {
      shownOn = view;
    },
  };
}
