/**
 * How Restate tries a handler again, and how long it keeps what a handler did.
 */

/** Handlers that lose nothing when they are tried again, for as long as it takes. */
const RETRY_FOR_EVER = {
  retryPolicy: {
    initialInterval: 100,
    maxInterval: 1_000,
    exponentiationFactor: 2,
    maxAttempts: 1_000,
    onMaxAttempts: 'pause',
  },
} as const;

/**
 * Of the objects: what they know is their state. The gate alone is read many times a second, and Restate would keep each reading
 * for a day: millions of them. No call carries an idempotency key; each may be made twice.
 */
export const OBJECT_OPTIONS = { ...RETRY_FOR_EVER, journalRetention: 0, idempotencyRetention: 0 } as const;

const DAY_MS = 86_400_000;

/** Of an execution: long enough to look at what went wrong. Its result and records are at its advisory, for ever. */
export const EXECUTION_OPTIONS = { ...RETRY_FOR_EVER, workflowRetention: DAY_MS, journalRetention: DAY_MS } as const;
