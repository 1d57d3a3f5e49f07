/**
 * The very command that a person types next, with the words of this journal in it. What only the person knows is in capitals.
 *
 * 1. It works as it stands where it is printed: the program is called as it can be called there, every word is quoted for the
 *    shell, and a line with a command is never broken or cut.
 */
import type { SwitchView } from '../../domain/kill-switch.js';
import type { CliWorld } from '../world.js';

/** A journal, and how the program is called beside it. */
export interface JournalPlace {
  readonly program: string;
  readonly journal: string;
}

/** How the program is called in a shell; `fillchart` where the world does not say. */
const programOf = ({ program }: Pick<CliWorld, 'program'>): string => program ?? 'fillchart';

export const placeOf = (world: Pick<CliWorld, 'program' | 'shellPath'>, journal: string): JournalPlace => ({
  program: programOf(world),
  journal: world.shellPath?.(journal) ?? journal,
});

const PLAIN = /^[\w@%+=:,./-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach the terminal as they are.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** A word as a POSIX shell reads it back, without a character that a terminal would obey. */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!UNSAFE.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = [...text].map((one) => {
    if (one === "'" || one === '\\' || UNSAFE.test(one)) return octalOf(one);
    return one === '%' ? '%%' : one;
  });
  return `"$(printf '${escaped.join('')}')"`;
}

const octalOf = (character: string): string =>
  [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

const SAID = '--by YOU --reason WHY';

export const releaseCommand = (
  { type, target }: Pick<SwitchView, 'type' | 'target'>,
  { program, journal }: JournalPlace,
): string => {
  const which = target === undefined ? type : `${type} --target ${shellWord(target)}`;
  return `${program} kill-switch release --journal ${shellWord(journal)} --type ${which} ${SAID}`;
};

export const resolveCommand = (caseIds: readonly string[], { program, journal }: JournalPlace): string =>
  `${program} cases resolve ${caseIds.map(shellWord).join(' ')} --journal ${shellWord(journal)} ${SAID}`;

export const listSwitchesCommand = ({ program, journal }: JournalPlace): string =>
  `${program} kill-switch list --journal ${shellWord(journal)}`;

export const listCasesCommand = ({ program, journal }: JournalPlace): string =>
  `${program} cases list --journal ${shellWord(journal)}`;

export const statusCommand = ({ program, journal }: JournalPlace): string => `${program} status ${shellWord(journal)}`;
