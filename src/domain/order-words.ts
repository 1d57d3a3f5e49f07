/**
 * The words in which venues say how an order stands (P9, P10). An unknown word means "still open".
 */

/** `open` is every state that is not final, unknown words included. */
export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'rejected' | 'expired';

/**
 * By the letters alone, so that `Done for day`, `done_for_day` and `DoneForDay` are one word. `closed` and `done` say that an
 * order is over, and not by what: what is filled by then says whether that is all of it.
 */
const FINAL_WORDS: ReadonlyMap<string, OrderStatus> = new Map([
  ['filled', 'filled'],
  ['fullyfilled', 'filled'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
  ['partiallycanceled', 'cancelled'],
  ['partiallycancelled', 'cancelled'],
  ['partiallyfilledcanceled', 'cancelled'],
  ['partiallyfilledcancelled', 'cancelled'],
  ['closed', 'cancelled'],
  ['done', 'cancelled'],
  ['doneforday', 'expired'],
  ['expired', 'expired'],
  ['expiredinmatch', 'expired'],
  ['rejected', 'rejected'],
]);

/** Words of an exit that is live at the venue (FIX OrdStatus New, not PendingNew; B5). */
const WORKING_WORDS: ReadonlySet<string> = new Set(['working', 'new', 'partiallyfilled']);

/** Words of an order that stands at the venue and is kept out of the market: an exit does not trigger (FIX OrdStatus 9). */
const SUSPENDED_WORDS: ReadonlySet<string> = new Set(['suspended', 'paused', 'halted']);

/** Venues have a few words each, and say them with every report. */
const letters = new Map<string, string>();
const MOST_WORDS = 200;

function lettersOf(word: string): string {
  const known = letters.get(word);
  if (known !== undefined) return known;
  const found = word.toLowerCase().replace(/[^a-z]/g, '');
  if (letters.size < MOST_WORDS) letters.set(word, found);
  return found;
}

export const statusOfWord = (word: string): OrderStatus => FINAL_WORDS.get(lettersOf(word)) ?? 'open';

export const isWorkingWord = (word: string): boolean => WORKING_WORDS.has(lettersOf(word));

export const isSuspendedWord = (word: string): boolean => SUSPENDED_WORDS.has(lettersOf(word));

/** Words of an answer that knows no such order: an answer to a question, and no event of the order (P12). */
const NOT_FOUND =
  /\border(?: id)?(?: is| was)? (?:not found|unknown)|\b(?:no such|unknown) order(?! (?:type|side|size|kind|characteristic))|\bunknown (?:clordid|client order)|\border(?: id)? (?:does not|doesn't) exist|\bnot find (?:the |this )?order/i;

export const saysNotFound = (reason: string): boolean => NOT_FOUND.test(reason);
