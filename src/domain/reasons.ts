/**
 * The one registry of codes: every refusal, failure, rejection, mismatch and misuse that the engine can name.
 *
 * 1. A code appears in results, reports, cases, errors and documents only if it stands here.
 * 2. `raisedIn` names the states of the chart that can raise it; none for what is raised outside an execution.
 * 3. `mayRetry` says whether the caller may send a *new* advisory for the same idea and hope for another answer.
 *    The same advisory again always gets the same execution (E1).
 */

/** A top state of the execution chart. @public @since 0.1.0 */
export type ExecutionState =
  | 'validating'
  | 'submitted'
  | 'pending'
  | 'cancelling'
  | 'filled'
  | 'late'
  | 'timeout'
  | 'reconciling'
  | 'done';

export type ReasonKind =
  /** Refused before any order: the result is `REJECTED`. */
  | 'refusal'
  /** Ended without the approved fill: `FAILED`, `CANCELLED` or `FAILED_TIMEOUT`. */
  | 'failure'
  /** A difference that a human must resolve. */
  | 'mismatch'
  /** The engine was used wrongly: thrown, never a result. */
  | 'misuse'
  /** The service was asked wrongly, or cannot answer now: an HTTP answer, never a result. */
  | 'request';

/**
 * A reason code with its meaning: its kind, one sentence, the states that raise it, and whether the caller may retry.
 * @public @since 0.1.0
 */
export interface Reason<Code extends string = string> {
  readonly code: Code;
  readonly kind: ReasonKind;
  readonly sentence: string;
  readonly raisedIn: readonly ExecutionState[];
  readonly mayRetry: boolean;
}

type Row = readonly [kind: ReasonKind, mayRetry: boolean, raisedIn: readonly ExecutionState[], sentence: string];

const BEFORE_SUBMIT: readonly ExecutionState[] = ['validating', 'submitted'];
const VALIDATING: readonly ExecutionState[] = ['validating'];
const ORDER_MAY_BE_LIVE: readonly ExecutionState[] = ['submitted', 'pending', 'cancelling', 'timeout'];
const RECONCILING: readonly ExecutionState[] = ['reconciling'];
const EVERYWHERE: readonly ExecutionState[] = [
  'validating',
  'submitted',
  'pending',
  'cancelling',
  'filled',
  'late',
  'timeout',
  'reconciling',
];
const NONE: readonly ExecutionState[] = [];

const table = {
  // Refusals, in the order of validation (V1–V11).
  ADVISORY_EXPIRED: ['refusal', false, BEFORE_SUBMIT, 'The advisory has expired.'],
  INVALID_SNAPSHOT: [
    'refusal',
    false,
    BEFORE_SUBMIT,
    'The advisory is not an object, or not the one that was approved.',
  ],
  UNKNOWN_FIELD: ['refusal', false, VALIDATING, 'The advisory has a field that is not known.'],
  INVALID_ADVISORY_ID: ['refusal', false, VALIDATING, 'advisoryId must be 1–64 printable characters.'],
  INVALID_POSITION_SIZE: ['refusal', false, VALIDATING, 'positionSize must be a decimal greater than zero.'],
  INVALID_SL_OFFSET: [
    'refusal',
    false,
    VALIDATING,
    'slOffsetPct must lie on the losing side: buy −1 < x < 0, sell x > 0.',
  ],
  INVALID_TP_OFFSET: [
    'refusal',
    false,
    VALIDATING,
    'tpOffsetPct must lie on the winning side: buy x > 0, sell −1 < x < 0.',
  ],
  INVALID_SYMBOL: ['refusal', false, VALIDATING, 'symbol must be 1–32 characters.'],
  INVALID_SIDE: ['refusal', false, VALIDATING, "side must be 'buy' or 'sell'."],
  INVALID_REFERENCE_PRICE: ['refusal', false, VALIDATING, 'referencePrice must be a decimal greater than zero.'],
  INVALID_EXPIRATION: ['refusal', false, VALIDATING, 'expirationTimestamp must be a time with a zone.'],
  INVALID_CREATED_AT: ['refusal', false, VALIDATING, 'createdAt must be a time with a zone.'],
  INVALID_HTF_BIAS: ['refusal', false, VALIDATING, 'htfBias must be a string.'],
  INVALID_REASONING_MODE: ['refusal', false, VALIDATING, 'reasoningMode must be a string.'],
  INVALID_REASONING_CONTEXT: ['refusal', false, VALIDATING, 'reasoningContext must be a JSON object.'],
  UNRESOLVED_MISMATCH: ['refusal', true, BEFORE_SUBMIT, 'An open case covers the symbol; resolve it first.'],
  KILL_SWITCH_ACTIVE: [
    'refusal',
    true,
    ['validating', 'submitted', 'pending', 'cancelling'],
    'A kill switch that covers the symbol is ACTIVE.',
  ],
  INSTRUMENT_RULES: ['refusal', true, VALIDATING, "The broker's rules for the instrument do not allow this order."],
  INSUFFICIENT_MARGIN: ['refusal', true, VALIDATING, 'The broker says that the margin does not suffice.'],
  BROKER_UNAVAILABLE: ['refusal', true, VALIDATING, 'The broker could not be asked before the order.'],
  EXITS_NOT_PLACEABLE: [
    'refusal',
    true,
    VALIDATING,
    'SL and TP could not be placed for a fill at the reference price; nothing is bought.',
  ],
  LIMIT_EXCEEDED: ['refusal', true, ['submitted'], "The order would break one of the operator's limits."],
  PRE_TRADE_VETO: ['refusal', true, ['submitted'], 'The host program, asked before the order, refuses it.'],
  CAPACITY_EXHAUSTED: [
    'refusal',
    true,
    VALIDATING,
    "The broker's rate budget does not carry another execution; nothing was sent.",
  ],
  ADVISORY_CONFLICT: ['refusal', false, VALIDATING, 'Another snapshot was executed under this advisoryId.'],
  JOURNAL_UNAVAILABLE: ['refusal', true, BEFORE_SUBMIT, 'The journal cannot record the intent; no order leaves.'],

  // Failures: the execution ended without the approved fill.
  BROKER_REJECTED: ['failure', true, ORDER_MAY_BE_LIVE, 'The broker rejected the order.'],
  ORDER_NOT_SENT: ['failure', true, ['submitted', 'timeout'], 'The order never left the process.'],
  BROKER_CANCELLED: ['failure', true, ['pending'], 'The broker cancelled the order by itself.'],
  BROKER_EXPIRED: ['failure', true, ['pending'], 'The broker expired the order by itself.'],
  FILL_TIMEOUT: ['failure', true, ORDER_MAY_BE_LIVE, 'The order was not filled within 30 seconds.'],
  ENGINE_FAULT: ['failure', false, EVERYWHERE, 'A fault of the engine ended the execution; a human must look.'],

  // Mismatches: a human must resolve each.
  MISSING_POSITION: ['mismatch', false, RECONCILING, 'We hold a position; the broker does not.'],
  PHANTOM_POSITION: ['mismatch', false, RECONCILING, 'The broker holds a position; we do not.'],
  MISSING_SL: ['mismatch', false, RECONCILING, 'The broker has no stop-loss for the position.'],
  MISSING_TP: ['mismatch', false, RECONCILING, 'The broker has no take-profit for the position.'],
  POSITION_SIZE: ['mismatch', false, RECONCILING, "The broker's position differs in size."],
  STOP_LOSS_PRICE: ['mismatch', false, RECONCILING, "The broker's stop-loss has another price."],
  TAKE_PROFIT_PRICE: ['mismatch', false, RECONCILING, "The broker's take-profit has another price."],
  PROTECTION_SIZE: ['mismatch', false, RECONCILING, 'The exits are not for the quantity that is held.'],
  ORDER_STILL_OPEN: ['mismatch', false, RECONCILING, 'The entry order is still open at the broker.'],
  ORDER_NOT_FOUND: [
    'mismatch',
    false,
    RECONCILING,
    'The broker does not find the entry order; whether it exists is unknown.',
  ],
  FILLED_SIZE: ['mismatch', false, RECONCILING, 'The broker reports another filled quantity.'],
  FILL_PRICE: ['mismatch', false, RECONCILING, 'The broker reports another average fill price.'],
  PARTIAL_FILL: ['mismatch', false, RECONCILING, 'Less than the approved size was filled.'],
  OVERFILL: ['mismatch', false, RECONCILING, 'More than the approved size was filled.'],
  QUERY_FAILED: ['mismatch', false, RECONCILING, 'The broker could not be asked; what it holds is unknown.'],
  FILL_PRICE_MISSING: ['mismatch', false, RECONCILING, 'The broker filled the order and named no usable price.'],
  PROTECTION_INVALID: [
    'mismatch',
    false,
    ['filled', 'late', 'reconciling'],
    'After tick rounding, SL or TP would trade at once; neither was placed.',
  ],
  UNPROTECTED_POSITION: [
    'mismatch',
    false,
    ['filled', 'late', 'reconciling'],
    'A filled position has no acknowledged stop-loss and take-profit.',
  ],
  STRAY_FILL: [
    'mismatch',
    false,
    ['filled', 'late', 'reconciling', 'done'],
    'A fill came to light that the execution did not account for.',
  ],
  FILL_BUSTED: [
    'mismatch',
    false,
    ['filled', 'late', 'reconciling', 'done'],
    'The venue took a fill back after its exits were asked for.',
  ],
  FILL_CORRECTED: [
    'mismatch',
    false,
    ['filled', 'late', 'reconciling', 'done'],
    'The venue changed the size or the price of a fill after its exits were asked for.',
  ],
  SIBLING_WORKING: ['mismatch', false, NONE, 'One exit has filled, and the other is still working.'],
  PROTECTION_LOST: ['mismatch', false, NONE, 'An exit has ended while its quantity is held.'],
  POSITION_REVERSED: ['mismatch', false, NONE, 'Both exits have filled: the position is reversed.'],
  STRAY_ORDER: ['mismatch', false, NONE, 'An order is open at the broker that the journal does not know as open.'],

  // Misuse: thrown.
  ENGINE_CLOSED: ['misuse', false, NONE, 'The engine is closed.'],
  INVALID_OPTION: ['misuse', false, NONE, 'An option of the engine is not acceptable.'],
  READ_ONLY: ['misuse', false, NONE, 'Facts of an execution come from the engine alone.'],
  INVALID_KILL_SWITCH: ['misuse', false, NONE, 'The kill switch change is not acceptable.'],
  KILL_SWITCH_RELEASE_REFUSED: [
    'misuse',
    false,
    NONE,
    'A case in the scope of the kill switch is open; resolve it, or force with a reason.',
  ],
  UNKNOWN_CASE: ['misuse', false, NONE, 'There is no open case with this id.'],
  INVALID_RESOLUTION: ['misuse', false, NONE, 'Resolving a case needs who and why.'],

  // Requests to the service: an HTTP answer.
  INVALID_REQUEST: ['request', false, NONE, 'The request cannot be read, or names something that is not known.'],
  UNAUTHENTICATED: ['request', false, NONE, 'There is no bearer token, or none that is known.'],
  FORBIDDEN: ['request', false, NONE, 'The role does not allow it, or the request comes from where it must not.'],
  NOT_FOUND: ['request', false, NONE, 'There is nothing at this path.'],
  METHOD_NOT_ALLOWED: ['request', false, NONE, 'The path does not take this method.'],
  UNKNOWN_ACCOUNT: ['request', false, NONE, 'There is no such account, or it must be named.'],
  UNKNOWN_EXECUTION: ['request', false, NONE, 'There is no execution of this advisory.'],
  BODY_TOO_LARGE: ['request', false, NONE, 'The body is larger than the service takes.'],
  UNSUPPORTED_MEDIA_TYPE: ['request', false, NONE, 'The body must be JSON.'],
  RATE_LIMITED: ['request', true, NONE, 'Too many requests with this token; Retry-After says when.'],
  SECOND_PERSON_NEEDED: ['request', false, NONE, 'Releasing GLOBAL takes a second person.'],
  NOT_READY: ['request', true, NONE, 'The service is not ready; nothing was recorded. Retry-After says when.'],
  INTERNAL_ERROR: ['request', false, NONE, 'A defect of the service; what was asked for may have happened.'],
} as const satisfies Record<string, Row>;

/** A code of the registry {@link reasons}. @public @since 0.1.0 */
export type ReasonCode = keyof typeof table;

/** Every code there is. @public @since 0.1.0 */
export const reasons: { readonly [Code in ReasonCode]: Reason<Code> } = Object.freeze(
  Object.fromEntries(
    Object.entries(table).map(([code, [kind, mayRetry, raisedIn, sentence]]) => [
      code,
      Object.freeze({ code, kind, sentence, raisedIn, mayRetry }),
    ]),
  ),
) as { readonly [Code in ReasonCode]: Reason<Code> };

/** Thrown for misuse: `code` is in the registry, the message says what is accepted. @public @since 0.1.0 */
export class FillchartError extends Error {
  override readonly name = 'FillchartError';
  readonly code: ReasonCode;

  /**
   * @param message the sentence of the registry by default
   * @throws {TypeError} for a code that is not in the registry, or a message that is no text
   */
  constructor(code: ReasonCode, message: string = sentenceOf(code)) {
    requireTexts('FillchartError', { code, message });
    super(message);
    this.code = code;
  }
}

function sentenceOf(code: unknown): string {
  if (typeof code === 'string' && Object.hasOwn(reasons, code)) return reasons[code as ReasonCode].sentence;
  throw new TypeError(
    `code of FillchartError is ${inWords(code)}; accepted is a code of the registry, such as INVALID_OPTION.`,
  );
}

/** Callers from JavaScript have no compiler. @throws {TypeError} where one is no text */
export function requireTexts(owner: string, fields: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(fields))
    if (typeof value !== 'string')
      throw new TypeError(`${field} of ${owner} is ${inWords(value)}; accepted is a text.`);
}

/** An object whose members can be read. @throws {TypeError} */
export function requireFields(owner: string, field: string, value: unknown, accepted: string): void {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${field} of ${owner} is ${inWords(value)}; accepted is ${accepted}.`);
}

const inWords = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'object' && value !== null
      ? 'an object'
      : String(value);
