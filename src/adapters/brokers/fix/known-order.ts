/**
 * An order as it was sent, and what is known of it since.
 */
import type { OrderReport, Side } from '../../../domain/ports.js';

/** An order as it is sent. */
export interface OutgoingOrder {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  /** A stop order at this price. */
  readonly stopPrice?: string;
  /** A limit order at this price; neither price: a market order. */
  readonly limitPrice?: string;
  /** An exit, linked to its sibling by the entry's id. */
  readonly exitOf?: string;
}

export interface KnownOrder {
  readonly order: OutgoingOrder;
  readonly orderId: string | undefined;
  /** Its ClOrdID at the venue: the last replacement's, or its own. */
  readonly name: string;
  /** What it is for at the venue now. */
  readonly quantity: string;
  readonly report: OrderReport | undefined;
  /** The state in which it ended, in this process or an earlier one. */
  readonly ended: string | undefined;
}
