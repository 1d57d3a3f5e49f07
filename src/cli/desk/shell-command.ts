/**
 * The very command that a person types next, with the words of this journal in it. What only the person knows is in capitals.
 */
import type { SwitchView } from '../../domain/kill-switch.js';
import { printable } from '../terminal/text-width.js';

const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word as a POSIX shell reads it back. */
export const shellWord = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const SAID = '--by YOU --reason WHY';

export const releaseCommand = ({ type, target }: Pick<SwitchView, 'type' | 'target'>, journal: string): string => {
  const which = target === undefined ? type : `${type} --target ${shellWord(target)}`;
  return printable(`fillchart kill-switch release --journal ${shellWord(journal)} --type ${which} ${SAID}`);
};

export const resolveCommand = (caseId: string, journal: string): string =>
  printable(`fillchart cases resolve ${shellWord(caseId)} --journal ${shellWord(journal)} ${SAID}`);

export const listSwitchesCommand = (journal: string): string =>
  printable(`fillchart kill-switch list --journal ${shellWord(journal)}`);

export const listCasesCommand = (journal: string): string =>
  printable(`fillchart cases list --journal ${shellWord(journal)}`);
