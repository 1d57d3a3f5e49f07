/**
 * The entries of open positions at a broker that neither pushes nor asks in batches: a few of them beside each round of the
 * exits' polls, in turn, so that a bust, a correction or a stray fill after the result is found by polls there too (P8, T5, B7).
 *
 * 1. What it costs is bounded: `MOST_ENTRIES` calls a round, and no round of them sooner than `LEAST_MS` after the last.
 * 2. Each has its turn: with n open positions an entry is asked for once in every ⌈n / MOST_ENTRIES⌉ rounds.
 */
import type { BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';

/** Calls that a round spends on entries. */
const MOST_ENTRIES = 4;
/** Least time between two rounds of entries, in ms, however often exits are asked for. */
const LEAST_MS = 30_000;

export interface EntriesInTurnOptions {
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  /** The entry of a position, by the owner of its exits. */
  readonly entryOf?: (owner: string) => OrderRef | undefined;
}

/** Gives the entries whose turn it is, by the owners of the exits that are watched now. */
export function entriesInTurn({
  capabilities,
  clock,
  entryOf,
}: EntriesInTurnOptions): (owners: Iterable<string>) => readonly OrderRef[] {
  const isNeeded = !capabilities.push && !capabilities.batchStatus && entryOf !== undefined;
  /** Owners, the one that has waited longest first. */
  let waiting = new Set<string>();
  // The tick that comes at that very moment counts.
  let notBefore = clock.monotonic() + LEAST_MS - 1;

  return (owners) => {
    if (!isNeeded || clock.monotonic() < notBefore) return [];
    notBefore = clock.monotonic() + LEAST_MS - 1;
    const now = new Set(owners);
    waiting = new Set([...[...waiting].filter((owner) => now.has(owner)), ...now]);
    const next = [...waiting].slice(0, MOST_ENTRIES);
    for (const owner of next) {
      waiting.delete(owner);
      waiting.add(owner);
    }
    return next.flatMap((owner) => entryOf(owner) ?? []);
  };
}
