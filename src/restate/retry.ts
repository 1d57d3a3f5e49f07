/**
 * How Restate tries a handler again.
 */

/** Handlers that lose nothing when they are tried again, for as long as it takes. */
export const RETRY_FOR_EVER = {
  retryPolicy: {
    initialInterval: 100,
    maxInterval: 1_000,
    exponentiationFactor: 2,
    maxAttempts: 1_000,
    onMaxAttempts: 'pause',
  },
} as const;
