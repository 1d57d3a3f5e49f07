/**
 * What an execution put at stake, read from the audit log: so that a case can say it, with an engine and without one.
 *
 * 1. Only what is recorded is said. What is not known is left out, and never guessed.
 */
import type { AuditRecord } from '../../domain/audit.js';
import type { JsonObject } from '../../domain/canonical.js';

export interface Stake {
  readonly advisoryId: string;
  readonly symbol: string;
  readonly side: string;
  /** Approved. */
  readonly size: string;
  /** Filled so far; `0` for none. */
  readonly filled: string;
  /** Average price of what is filled. */
  readonly price?: string;
  /** When the first fill came to be known, ISO 8601 UTC. */
  readonly filledAt?: string;
  /** Prices of the exits that are working at the broker, as far as is recorded. */
  readonly stopLoss?: string;
  readonly takeProfit?: string;
  /** Prices that the exits should have. */
  readonly plannedStopLoss?: string;
  readonly plannedTakeProfit?: string;
  /** What is left without exits. */
  readonly unprotected?: string;
  readonly isOver: boolean;
}

export type Stakes = ReadonlyMap<string, Stake>;

/** By advisory id. */
export function stakesOf(lines: Iterable<AuditRecord>): Stakes {
  const stakes = new Map<string, Stake>();
  const hashes = new Map<string, string | undefined>();
  for (const { event, advisoryId, snapshotHash, timestamp, details } of lines) {
    if (advisoryId === undefined) continue;
    const known = stakes.get(advisoryId);
    if (event === 'execution_start' && known === undefined) {
      stakes.set(advisoryId, startOf(advisoryId, details));
      hashes.set(advisoryId, snapshotHash);
    }
    // An advisory that was refused because of another with its id is no part of that one's life.
    if (known === undefined || hashes.get(advisoryId) !== snapshotHash) continue;
    stakes.set(advisoryId, after(known, event, details, timestamp));
  }
  return stakes;
}

const startOf = (advisoryId: string, details: JsonObject): Stake => ({
  advisoryId,
  symbol: textAt(details, 'symbol') ?? '',
  side: textAt(details, 'side') ?? '',
  size: textAt(details, 'positionSize') ?? '',
  filled: '0',
  isOver: false,
});

function after(known: Stake, event: AuditRecord['event'], details: JsonObject, timestamp: string): Stake {
  switch (event) {
    case 'order_filled':
    case 'order_partially_filled':
      return {
        ...known,
        filled: textAt(details, 'cumQty') ?? known.filled,
        filledAt: known.filledAt ?? timestamp,
        ...given('price', textAt(details, 'avgPrice')),
        ...given('plannedStopLoss', textAt(details, 'stopLoss')),
        ...given('plannedTakeProfit', textAt(details, 'takeProfit')),
      };
    case 'protection_placed':
    case 'protection_failed':
      return {
        ...known,
        ...(isPlaced(details, 'stopLoss') && given('stopLoss', textAt(details, 'stopLoss'))),
        ...(isPlaced(details, 'takeProfit') && given('takeProfit', textAt(details, 'takeProfit'))),
      };
    case 'execution_result':
      return {
        ...known,
        isOver: true,
        filled: textAt(details, 'finalPositionSize') ?? known.filled,
        ...given('price', textAt(details, 'finalFillPrice')),
        ...given('stopLoss', textAt(details, 'finalSl')),
        ...given('takeProfit', textAt(details, 'finalTp')),
        ...given('unprotected', textAt(details, 'unprotectedQuantity')),
      };
    case 'exit_filled':
    case 'exit_lost':
      return withoutExit(known, textAt(details, 'leg'));
    default:
      return known;
  }
}

function withoutExit(known: Stake, leg: string | undefined): Stake {
  const { stopLoss, takeProfit, ...rest } = known;
  return {
    ...rest,
    ...(leg !== 'sl' && given('stopLoss', stopLoss)),
    ...(leg !== 'tp' && given('takeProfit', takeProfit)),
  };
}

function isPlaced(details: JsonObject, leg: 'stopLoss' | 'takeProfit'): boolean {
  const { legs } = details;
  if (typeof legs !== 'object' || legs === null || Array.isArray(legs)) return false;
  const outcome = (legs as JsonObject)[leg];
  if (typeof outcome !== 'object' || outcome === null || Array.isArray(outcome)) return false;
  const { kind } = outcome as JsonObject;
  return kind === 'accepted' || kind === 'duplicate';
}

function textAt(details: JsonObject, name: string): string | undefined {
  const value = details[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const given = <Name extends string>(name: Name, value: string | undefined): { readonly [Key in Name]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
