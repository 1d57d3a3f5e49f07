/** What the venue says to a call: an answer, perhaps late, or nothing ever. */
export type Answer<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly afterMs?: number }
  /** Never answers, whatever the caller's signal says; only the end of the connection ends the call. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'error'; readonly message: string };

export const answer = <T>(value: T): Answer<T> => ({ kind: 'answer', value });

export const HANG = { kind: 'hang' } as const;
