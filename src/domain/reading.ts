/**
 * Looking at what others hand over. A getter or a proxy that throws when it is looked at is unreadable, like any garbage.
 */

/** What `read` returns, or `undefined` when it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Most bytes of a text that others send: with the engine's own words around it, what is kept stays within 4 kB. */
const LONGEST_TEXT_BYTES = 3_584;
/** No character takes more than three bytes for each unit of its length. */
const SURELY_SHORT = LONGEST_TEXT_BYTES / 3;

/** A text of others as it is kept: whole up to 3.5 kB, else its beginning, and how long it was. Never splits a character. */
export function boundedText(text: string): string {
  if (text.length <= SURELY_SHORT) return text;
  const room = new Uint8Array(LONGEST_TEXT_BYTES);
  const { read } = new TextEncoder().encodeInto(text.slice(0, LONGEST_TEXT_BYTES + 1), room);
  return read === text.length ? text : `${text.slice(0, read)}… (cut: ${text.length} characters)`;
}

/** An error in words, bounded (see {@link boundedText}). */
export function causeOf(error: unknown): string {
  try {
    return boundedText(error instanceof Error ? error.message || error.name : String(error));
  } catch {
    return 'an error that cannot be shown';
  }
}

/** A text as a sentence of its own, with one full stop at its end. */
export const sentence = (text: string): string => `${text.replace(/[.\s]+$/, '')}.`;
