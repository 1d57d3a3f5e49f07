/**
 * The codes with which the paper broker refuses, as a broker would: they are its own words, not the engine's.
 */
const PAPER_REJECT_CODES = {
  INVALID_CLIENT_ORDER_ID: 'clientOrderId must be 1–36 of letters, digits and hyphens.',
  UNKNOWN_SYMBOL: 'The symbol is not known.',
  NOT_TRADABLE: 'The symbol cannot be traded.',
  UNSUPPORTED_ORDER: "The order must be of type MARKET and side 'buy' or 'sell'.",
  INVALID_QUANTITY: 'The quantity must be a multiple of the lot, within the least and the greatest quantity.',
  INSUFFICIENT_MARGIN: 'The buying power does not suffice.',
  RANDOM_REJECT: 'Rejected by chance (rejectProbability).',
  NOT_PROTECTABLE: 'The broker takes no exit orders in the symbol.',
  INVALID_PRICE: 'Stop-loss and take-profit must be multiples of the tick, greater than zero.',
  INVALID_BRACKET: 'The stop-loss must lie on the losing side of the take-profit.',
  STOP_THROUGH_MARKET: 'The market has passed the stop-loss already.',
  REDUCE_ONLY: 'The exit is for more than was bought or sold.',
  PAIR_CLOSED: 'The exit pair is over.',
} as const;

type PaperRejectCode = keyof typeof PAPER_REJECT_CODES;

/** A refusal, with the value that is not accepted. */
export interface Refusal {
  readonly code: PaperRejectCode;
  readonly reason: string;
}

export const refusal = (code: PaperRejectCode, found: string): Refusal => ({
  code,
  reason: `${PAPER_REJECT_CODES[code]} ${found}`,
});
