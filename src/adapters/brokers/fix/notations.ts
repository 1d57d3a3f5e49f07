/**
 * By which symbol (55) the counterparty calls an instrument: ours, or a notation of its own.
 *
 * 1. The first notation that it uses for an order of an instrument is taken as its own. From then on that one and ours are
 *    right, and any other is of another instrument.
 * 2. Case and punctuation make no other symbol, and a word that stands for none says nothing.
 * 3. The symbol of another configured instrument is never a notation.
 */
import { realId } from './execution-report.js';
import type { FixInstrument } from './options.js';

interface Notations {
  /** Is a told symbol another instrument than `ours`? */
  isOther(told: string, ours: string): boolean;
  /** A report on an order for `ours` told this symbol, and was taken. True when it is the first other notation. */
  learn(told: string | undefined, ours: string): boolean;
}

const lettersOf = (symbol: string): string => symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');

export function notations(instruments: ReadonlyMap<string, FixInstrument>): Notations {
  const learned = new Map<string, string>();
  const isSame = (told: string, ours: string): boolean =>
    realId(told) === undefined || told === ours || (lettersOf(told) === lettersOf(ours) && !instruments.has(told));

  return {
    isOther(told, ours) {
      if (isSame(told, ours)) return false;
      const known = learned.get(ours);
      return instruments.has(told) || (known !== undefined && !isSame(told, known));
    },
    learn(told, ours) {
      if (told === undefined || realId(told) === undefined || learned.has(ours)) return false;
      if (told !== ours && instruments.has(told)) return false;
      learned.set(ours, told);
      return !isSame(told, ours);
    },
  };
}
