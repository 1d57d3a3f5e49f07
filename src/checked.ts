/**
 * The pure pieces as callers get them, from JavaScript too: each refuses what it cannot take, in a sentence.
 *
 * 1. The engine calls the pieces themselves: its input is checked where it comes in.
 * 2. What is accepted is passed on as it is, so both give the same answer.
 */
import { type Protection, protectionFor as protectionOf } from './domain/bracket.js';
import { type Decimal, isPositive, parseDecimal } from './domain/decimal.js';
import { type Slippage, slippageOf as slippageFrom } from './domain/fills.js';
import { type ChainEnd, type ChainEntry, type ChainVerdict, verifyChain as chainVerdict } from './domain/journal.js';
import type { Instrument } from './domain/ports.js';
import {
  type ReconciliationExpected,
  type ReconciliationObserved,
  type ReconciliationReport,
  reconcile as reconciled,
} from './domain/reconciliation.js';
import { type FrozenSnapshot, snapshotHash as hashOf, clientOrderIdFor as idFor, show } from './domain/snapshot.js';

function refuse(what: string, name: string, value: unknown, accepted: string): never {
  const given = value === undefined ? 'missing' : typeof value === 'symbol' ? 'a symbol' : show(value);
  throw new TypeError(`${name} of ${what} is ${given}; accepted is ${accepted}.`);
}

function requireObject(what: string, name: string, value: unknown, holding: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(what, name, value, holding);
}

function requireSide(what: string, name: string, value: unknown): void {
  if (value !== 'buy' && value !== 'sell') refuse(what, name, value, '"buy" or "sell"');
}

function requireText(what: string, name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') refuse(what, name, value, 'a string that is not empty');
}

const decimalOf = (what: string, name: string, value: unknown): Decimal =>
  parseDecimal(value) ?? refuse(what, name, value, 'a decimal such as "150.25"');

/**
 * SL and TP for a fill at `fillPrice` (R2.1, R2.2).
 *
 * @param fillPrice average price of the fill, a decimal greater than zero
 * @throws {RangeError} when the price or the tick is not a decimal greater than zero
 * @throws {TypeError} when snapshot or instrument is no object, the side is neither, or an offset is no decimal
 * @public @since 0.1.0
 */
export function protectionFor(
  fillPrice: string | number,
  snapshot: Pick<FrozenSnapshot, 'side' | 'slOffsetPct' | 'tpOffsetPct'>,
  instrument: Pick<Instrument, 'tickSize'> & Partial<Instrument>,
): Protection {
  const what = 'protectionFor';
  requireObject(what, 'snapshot', snapshot, 'an object with side, slOffsetPct and tpOffsetPct');
  requireObject(what, 'instrument', instrument, 'an object with tickSize');
  requireSide(what, 'snapshot.side', snapshot.side);
  decimalOf(what, 'snapshot.slOffsetPct', snapshot.slOffsetPct);
  decimalOf(what, 'snapshot.tpOffsetPct', snapshot.tpOffsetPct);
  return protectionOf(fillPrice, snapshot, instrument);
}

/**
 * Slippage of a fill against the reference price (R2.3). It never stops an execution.
 *
 * @throws {TypeError} when a price is not a decimal, or the reference price is not above zero
 * @public @since 0.1.0
 */
export function slippageOf(fillPrice: Decimal, referencePrice: Decimal): Slippage {
  const fill = decimalOf('slippageOf', 'fillPrice', fillPrice);
  const reference = decimalOf('slippageOf', 'referencePrice', referencePrice);
  if (!isPositive(reference)) refuse('slippageOf', 'referencePrice', referencePrice, 'a decimal greater than zero');
  return slippageFrom(fill, reference);
}

/**
 * Compares (R6.2) and gives the verdict (R6.3).
 *
 * @throws {TypeError} when one of the two is no object, or lacks the side, the order or the position
 * @public @since 0.1.0
 */
export function reconcile(expected: ReconciliationExpected, observed: ReconciliationObserved): ReconciliationReport {
  const what = 'reconcile';
  requireObject(what, 'expected', expected, 'an object with what the engine holds to be true');
  requireSide(what, 'expected.side', expected.side);
  if (!Array.isArray(expected.found)) refuse(what, 'expected.found', expected.found, 'a list of mismatches');
  requireObject(what, 'observed', observed, 'an object with order, position and others');
  for (const name of ['order', 'position', 'others'] as const)
    requireObject(what, `observed.${name}`, observed[name], 'an object');
  return reconciled(expected, observed);
}

/**
 * SHA-256, hex, over the canonical JSON of every field (R1.2). An advisory that was not frozen has the hash of what
 * {@link freezeSnapshot} makes of it.
 *
 * @throws {TypeError} for what is no object
 * @public @since 0.1.0
 */
export function snapshotHash(snapshot: FrozenSnapshot): string {
  requireObject('snapshotHash', 'snapshot', snapshot, 'an advisory');
  return hashOf(snapshot);
}

/**
 * Idempotency key of the entry order (S1): a pure function of advisory and hash; room is left for `-sl` and `-tp`.
 *
 * @throws {TypeError} when one of the two is no text
 * @public @since 0.1.0
 */
export function clientOrderIdFor(advisoryId: string, hash: string): string {
  requireText('clientOrderIdFor', 'advisoryId', advisoryId);
  requireText('clientOrderIdFor', 'hash', hash);
  return idFor(advisoryId, hash);
}

/**
 * Checks a journal from its first record (A5). The verdict names the first record that is changed, missing, inserted
 * or out of order. A cut-off tail shows only against an `expected` end that was noted elsewhere.
 *
 * @param before where the records before these end; nothing by default
 * @throws {TypeError} when `records` is no list, or an end is none
 * @public @since 0.1.0
 */
export function verifyChain(records: Iterable<ChainEntry>, expected?: ChainEnd, before?: ChainEnd): ChainVerdict {
  const isList = typeof records === 'object' && records !== null && Symbol.iterator in records;
  if (!isList) refuse('verifyChain', 'records', records, 'a list of journal records');
  for (const [name, end] of Object.entries({ expected, before })) {
    const { records: count, lastHash } = Object(end) as Partial<ChainEnd>;
    if (end !== undefined && (typeof count !== 'number' || typeof lastHash !== 'string'))
      refuse('verifyChain', name, end, 'an end of a chain: { records, lastHash }');
  }
  return chainVerdict(records, expected, before);
}
