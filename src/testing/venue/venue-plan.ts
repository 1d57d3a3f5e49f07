/**
 * What becomes of an order at the venue, fixed before it is taken: so that only the client's own doing changes it.
 *
 * Times are ms since the venue took the order. A plan is plain data; `venue.ts` carries it out.
 */
/**
 * `pending_new`: taken, not working (FIX PendingNew). `done_for_day`: over for today, with less than the whole. The rest
 * are FIX OrdStatus words.
 */
export type VenueOrderState =
  | 'pending_new'
  | 'new'
  | 'partially_filled'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'done_for_day';

/** A fill that the venue model carries out. @beta @since 0.1.0 */
export interface PlannedFill {
  readonly atMs: number;
  readonly quantity: string;
  /** The market's price by default. */
  readonly price?: string;
  /** The venue's id of the fill; numbered by the venue by default. */
  readonly id?: string;
  /** Charged for this fill; by the venue's own rate when absent. */
  readonly fee?: { readonly asset: string; readonly amount: string };
}

/** A fill taken back or changed. `fill` is its place in the plan (from 0) or its id. */
export interface PlannedCorrection {
  readonly atMs: number;
  readonly kind: 'bust' | 'correct';
  readonly fill: number | string;
  readonly quantity?: string;
  readonly price?: string;
  /** The order works again for what is missing (default), or is over with what stands. */
  readonly afterwards?: 'reopens' | 'closed';
}

export type PlannedEnd = Extract<VenueOrderState, 'cancelled' | 'rejected' | 'expired' | 'done_for_day'>;

/** What the venue model does with an order. Times are in ms since it arrived. @beta @since 0.1.0 */
export interface OrderPlan {
  /** Taken but not working until then (PendingNew); at once by default. */
  readonly worksFromMs?: number;
  /** An entry without fills is filled whole at the market when it works; `[]` is never filled. */
  readonly fills?: readonly PlannedFill[];
  /** Fills are carried out beyond the quantity, and after the order is whole. */
  readonly overfills?: boolean;
  readonly ends?: { readonly atMs: number; readonly as: PlannedEnd; readonly reason?: string };
  /** The venue lowers (or changes) the quantity by itself. */
  readonly restated?: readonly { readonly atMs: number; readonly quantity: string; readonly reason?: string }[];
  readonly corrections?: readonly PlannedCorrection[];
  /** From then on the state is told in this word; `undefined` ends it. */
  readonly words?: readonly { readonly atMs: number; readonly word: string | undefined }[];
  /** `confirm` (default); `ignore`: taken and never done; `fill`: the rest is filled first; `refuse`: too late to cancel. */
  readonly cancel?: 'confirm' | 'ignore' | 'fill' | 'refuse';
  readonly cancelAfterMs?: number;
  /** Price of the rest that fills because of, or after, a cancel; that of the first planned fill, else the market's. */
  readonly restPrice?: string;
  /** The rest is filled so long after a cancel was confirmed. */
  readonly fillsAfterCancelMs?: number;
  /** Not found by any query until then. */
  readonly visibleFromMs?: number;
  /** Reports leave out the average price until then. */
  readonly pricedFromMs?: number;
  /** As much of an exit as the market takes when it triggers; all of it when absent. */
  readonly depth?: string;
  /** An exit is hit by the market so long after it was taken, at its own price. */
  readonly hitAfterMs?: number;
  /** The other leg of the list stays when this one is over: the venue forgets what binds them. */
  readonly leavesSibling?: boolean;
}

/** A market order's fill when nothing is planned. */
export const fillsOf = ({ fills }: OrderPlan, quantity: string): readonly PlannedFill[] =>
  fills ?? [{ atMs: 0, quantity }];
