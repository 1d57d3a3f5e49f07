/**
 * What a front asks the venue for.
 */
import type { Side } from '../../domain/ports.js';
import type { VenueOrderType } from './venue-order.js';

export interface PlannedOrder {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  readonly type: VenueOrderType;
  readonly role: 'entry' | 'exit';
}

export interface EntryRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  /** The venue's id, where a front must choose it. */
  readonly id?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ExitLeg {
  readonly clientOrderId: string;
  readonly type: Exclude<VenueOrderType, 'market'>;
  readonly price: string;
  readonly id?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** One exit, or a pair: what is refused for one leg is refused for all. */
export interface ExitsRequest {
  readonly symbol: string;
  /** Of the exit. */
  readonly side: Side;
  readonly quantity: string;
  readonly legs: readonly ExitLeg[];
  /** The client's name of the list; a list is made for more than one leg where the venue links them. */
  readonly listClientId?: string;
}

/** Names an order: by the venue's id, else by the client's. */
export interface VenueRef {
  readonly id?: string | undefined;
  readonly clientOrderId?: string | undefined;
  /** Finds it even while the venue hides it. */
  readonly isHidden?: boolean;
}
