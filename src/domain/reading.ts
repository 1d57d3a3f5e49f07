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
