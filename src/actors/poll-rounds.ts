/**
 * One tick of an order watch: which orders are asked for, together or one by one.
 *
 * 1. An order that has a request under way, or was asked for within the adapter's `minPollMs`, is passed over.
 * 2. While batches back off a few orders are asked for one by one; while nothing is answered, one.
 * 3. Very many orders are looked through in slices, so that deadlines and switches have their turn in between; no tick begins to
 *    look through them while another does.
 */
import type { BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { inSlices, SHORT_SLICE_MS } from './next-turn.js';

interface PollRoundsParts {
  readonly clock: Clock;
  readonly capabilities: Pick<BrokerCapabilities, 'minPollMs'>;
  readonly watched: ReadonlyMap<string, () => OrderRef>;
  readonly requests: {
    readonly takesBatches: boolean;
    isDown(): boolean;
    sinceAsked(id: string): number;
  };
  /** Batches have failed, and are not due again. */
  readonly isBackingOff: () => boolean;
  readonly pollOne: (ref: OrderRef) => Promise<unknown>;
  readonly pollBatch: (refs: readonly OrderRef[]) => Promise<unknown>;
}

/** Orders looked at one by one, a tick, while batches back off. */
const SINGLES_WHILE_BATCHES_FAIL = 2;
/** As many are looked through in one turn. */
const MANY = 1_000;

/** Returns what a tick does. */
export function pollRounds(parts: PollRoundsParts): () => void {
  const { clock, capabilities, watched, requests, isBackingOff, pollOne, pollBatch } = parts;
  const { takesBatches, isDown, sinceAsked } = requests;
  const underWay = new Set<string>();
  let isLookingThrough = false;

  /** Has it been long enough since the order was asked for last? */
  const isFree = (id: string): boolean => !underWay.has(id) && sinceAsked(id) >= capabilities.minPollMs;

  function poll(free: readonly OrderRef[]): void {
    const isBatch = takesBatches && free.length > 1;
    if (isBatch && !isBackingOff()) {
      for (const { clientOrderId } of free) underWay.add(clientOrderId);
      begin(free, pollBatch(free));
      return;
    }
    const most = isDown() ? 1 : isBatch ? SINGLES_WHILE_BATCHES_FAIL : free.length;
    for (const ref of longestUnasked(free, most, sinceAsked)) {
      underWay.add(ref.clientOrderId);
      begin([ref], pollOne(ref));
    }
  }

  function begin(refs: readonly OrderRef[], polling: Promise<unknown>): void {
    const free = ({ clientOrderId }: OrderRef) => underWay.delete(clientOrderId);
    void polling.finally(() => inSlices(clock, refs, free, SHORT_SLICE_MS));
  }

  async function lookThrough(): Promise<void> {
    if (isLookingThrough) return;
    isLookingThrough = true;
    const isBatch = takesBatches && !isBackingOff();
    const free: OrderRef[] = [];
    const look = ([id, ref]: readonly [string, () => OrderRef]) => {
      if (!isFree(id)) return;
      free.push(ref());
      if (isBatch) underWay.add(id);
    };
    await inSlices(clock, watched, look, SHORT_SLICE_MS);
    isLookingThrough = false;
    if (!isBatch) poll(free);
    else if (free.length > 1) begin(free, pollBatch(free));
    else for (const ref of free) begin([ref], pollOne(ref));
  }

  return () => {
    if (watched.size > MANY) {
      void lookThrough();
      return;
    }
    const free: OrderRef[] = [];
    for (const [id, ref] of watched) if (isFree(id)) free.push(ref());
    poll(free);
  };
}

/** Those that have not been asked for longest. */
const longestUnasked = (
  refs: readonly OrderRef[],
  most: number,
  sinceAsked: (id: string) => number,
): readonly OrderRef[] =>
  most >= refs.length
    ? refs
    : refs.toSorted((a, b) => sinceAsked(b.clientOrderId) - sinceAsked(a.clientOrderId)).slice(0, most);
