/**
 * May this advisory be executed? (V1–V11)
 *
 * 1. The rules are looked at in their order, and the first that fails decides.
 * 2. Each refusal names the field, the value and what is accepted.
 * 3. V11, the operator's limits and the host program's veto, is judged at the last look: `risk-limits.ts`.
 * 4. Pure: what the world says (time, kill switch, cases, instrument) comes in as arguments.
 */
import { protectionFor } from './bracket.js';
import type { Case } from './cases.js';
import {
  type Decimal,
  isMultipleOf,
  isNegative,
  isPositive,
  lessThan,
  negate,
  ONE,
  parseVenueDecimal,
} from './decimal.js';
import { keepingAnswer } from './kept-answer.js';
import { type DecidingSwitch, type KillSwitchState, switchSentence } from './kill-switch.js';
import type { Instrument } from './ports.js';
import { attempt, boundedText } from './reading.js';
import type { ReasonCode } from './reasons.js';
import type { RefusedBy } from './refused-by.js';
import { type FrozenSnapshot, type SnapshotField, type SnapshotProblem, show } from './snapshot.js';
import { epochMs } from './time.js';

export type ValidationRule = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7' | 'V8' | 'V9' | 'V10' | 'V11';

export interface Refusal {
  readonly rule: ValidationRule;
  readonly code: ReasonCode;
  readonly field?: string;
  readonly message: string;
  /** The switch, case or limit that refuses. */
  readonly refusedBy?: RefusedBy;
}

/** What must hold between check and act: read in the same turn of the event loop as the call that submits. */
export interface Gate {
  /** Wall time, epoch ms. */
  readonly now: number;
  readonly killSwitchState: KillSwitchState;
  /** The switch that decides, when the state is ACTIVE (K8). */
  readonly decidedBy?: DecidingSwitch;
  /** Id of an open case that covers the symbol. */
  readonly openCaseId?: string;
  /** The same case, to be named. */
  readonly openCase?: Omit<Extract<RefusedBy, { kind: 'case' }>, 'kind'>;
}

/** The gate as it stands: what decides is named where there is something. */
export const gateFrom = (
  now: number,
  killSwitchState: KillSwitchState,
  decidedBy: DecidingSwitch | undefined,
  blocking: Case | undefined,
): Gate => ({
  now,
  killSwitchState,
  ...(decidedBy !== undefined && { decidedBy }),
  ...(blocking !== undefined && { openCaseId: blocking.caseId, openCase: caseNamed(blocking) }),
});

const caseNamed = ({ caseId, kind, symbol, openedAt }: Case) => ({ caseId, caseKind: kind, symbol, openedAt });

type Readable = Partial<FrozenSnapshot>;

const MAX_ADVISORY_ID = 64;
const MAX_SYMBOL = 32;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The first of V1–V8 that refuses, or `undefined`. `problems` are the fields that could not be read at all. */
export function firstRefusal(
  snapshot: Readable,
  problems: readonly SnapshotProblem[],
  gate: Gate,
): Refusal | undefined {
  return (
    expired(snapshot, gate) ??
    unreadable('V2', problems, ['advisoryId']) ??
    invalidAdvisoryId(snapshot) ??
    unreadable('V3', problems, ['positionSize']) ??
    invalidPositionSize(snapshot) ??
    unreadable('V4', problems, ['slOffsetPct']) ??
    invalidOffset('V4', 'slOffsetPct', snapshot) ??
    unreadable('V5', problems, ['tpOffsetPct']) ??
    invalidOffset('V5', 'tpOffsetPct', snapshot) ??
    unreadable('V6', problems) ??
    invalidRemainder(snapshot) ??
    openCase(snapshot, gate) ??
    killed(snapshot, gate)
  );
}

/** V1, V7 and V8 once more, for the last look before each submit call. */
export const gateRefusal = (snapshot: FrozenSnapshot, gate: Gate): Refusal | undefined =>
  expired(snapshot, gate) ?? openCase(snapshot, gate) ?? killed(snapshot, gate);

function expired({ expirationTimestamp }: Readable, { now }: Gate): Refusal | undefined {
  if (expirationTimestamp === undefined || now < epochMs(expirationTimestamp)) return undefined;
  const message = `expirationTimestamp is ${expirationTimestamp}, and it is ${new Date(now).toISOString()}; accepted is a time in the future.`;
  return { rule: 'V1', code: 'ADVISORY_EXPIRED', field: 'expirationTimestamp', message };
}

function openCase({ symbol }: Readable, { openCaseId, openCase: known }: Gate): Refusal | undefined {
  if (openCaseId === undefined) return undefined;
  const named = known === undefined ? {} : { refusedBy: { kind: 'case', ...known } as const };
  const message = `Case ${openCaseId} is open and covers ${show(symbol)}; resolve it, then send a new advisory.`;
  return { rule: 'V7', code: 'UNRESOLVED_MISMATCH', field: 'symbol', message, ...named };
}

function killed({ symbol }: Readable, { killSwitchState, decidedBy }: Gate): Refusal | undefined {
  if (killSwitchState !== 'ACTIVE') return undefined;
  const message = `Kill switch is ACTIVE for ${show(symbol)}; release it, then send a new advisory.${switchSentence(decidedBy)}`;
  const named = decidedBy === undefined ? {} : { refusedBy: { kind: 'kill-switch', ...decidedBy } as const };
  return { rule: 'V8', code: 'KILL_SWITCH_ACTIVE', field: 'symbol', message, ...named };
}

/** A problem of reading, at the place in the order that its field has; without fields, any that is left. */
function unreadable(
  rule: ValidationRule,
  problems: readonly SnapshotProblem[],
  fields?: readonly SnapshotField[],
): Refusal | undefined {
  const found = problems.find(({ field }) => fields === undefined || (fields as readonly string[]).includes(field));
  return found === undefined ? undefined : { rule, ...found };
}

function invalidAdvisoryId({ advisoryId }: Readable): Refusal | undefined {
  if (advisoryId === undefined || isAdvisoryId(advisoryId)) return undefined;
  const message = `advisoryId is ${show(advisoryId)}; accepted are 1–${MAX_ADVISORY_ID} printable characters.`;
  return { rule: 'V2', code: 'INVALID_ADVISORY_ID', field: 'advisoryId', message };
}

function invalidPositionSize({ positionSize }: Readable): Refusal | undefined {
  if (positionSize === undefined || isPositive(positionSize)) return undefined;
  const message = `positionSize is ${positionSize}; accepted is a decimal greater than zero.`;
  return { rule: 'V3', code: 'INVALID_POSITION_SIZE', field: 'positionSize', message };
}

function invalidOffset(
  rule: 'V4' | 'V5',
  field: 'slOffsetPct' | 'tpOffsetPct',
  snapshot: Readable,
): Refusal | undefined {
  const offset = snapshot[field];
  if (offset === undefined || (snapshot.side !== 'buy' && snapshot.side !== 'sell')) return undefined;
  const belowFill = (snapshot.side === 'buy') === (field === 'slOffsetPct');
  const fits = belowFill ? isNegative(offset) && lessThan(negate(ONE), offset) : isPositive(offset);
  if (fits) return undefined;
  const accepted = belowFill ? 'a fraction with −1 < x < 0' : 'a fraction greater than 0';
  const message = `${field} is ${offset}; accepted for a ${snapshot.side} is ${accepted}.`;
  return { rule, code: field === 'slOffsetPct' ? 'INVALID_SL_OFFSET' : 'INVALID_TP_OFFSET', field, message };
}

function invalidRemainder({ symbol, side, referencePrice }: Readable): Refusal | undefined {
  if (symbol !== undefined && !isName(symbol, MAX_SYMBOL)) {
    const message = `symbol is ${show(symbol)}; accepted are 1–${MAX_SYMBOL} printable characters.`;
    return { rule: 'V6', code: 'INVALID_SYMBOL', field: 'symbol', message };
  }
  if (side !== undefined && side !== 'buy' && side !== 'sell') {
    return {
      rule: 'V6',
      code: 'INVALID_SIDE',
      field: 'side',
      message: `side is ${show(side)}; accepted is "buy" or "sell".`,
    };
  }
  if (referencePrice !== undefined && !isPositive(referencePrice)) {
    const message = `referencePrice is ${referencePrice}; accepted is a decimal greater than zero.`;
    return { rule: 'V6', code: 'INVALID_REFERENCE_PRICE', field: 'referencePrice', message };
  }
  return undefined;
}

/** 1–64 printable characters (V2). */
export const isAdvisoryId = (text: string): boolean => isName(text, MAX_ADVISORY_ID);

/** Letters, digits and the like: nothing in it takes two code units, or cannot be printed. */
const PRINTABLE_ASCII = /^[!-~]+$/;

const isName = (text: string, longest: number): boolean =>
  PRINTABLE_ASCII.test(text)
    ? text.length <= longest
    : text.trim() !== '' && [...text].length <= longest && !UNPRINTABLE.test(text);

/** What the broker said when it was asked before the order. */
export type BrokerAnswer =
  | {
      readonly kind: 'answered';
      readonly instrument: Instrument;
      readonly margin: 'ok' | { readonly refused: string };
      readonly baseline: Decimal;
      /** Whether the exits of a fill at the reference price could be placed (V10); not asked when absent. */
      readonly exits?: 'ok' | { readonly refused: string };
      /** What a market order would meet now; asked for only where a limit needs it (G1). */
      readonly marketPrice?: Decimal;
    }
  | { readonly kind: 'unknown_symbol' }
  | { readonly kind: 'unavailable'; readonly cause: string }
  /** The rate budget does not carry another whole life (E4). */
  | { readonly kind: 'no_capacity' };

/** V9: the broker's rules for the instrument, its margin, and whether it could be asked at all. V10: its exits. */
export const brokerRefusal: (snapshot: FrozenSnapshot, answer: BrokerAnswer) => Refusal | undefined =
  keepingAnswer(refusalByBroker);

function refusalByBroker(snapshot: FrozenSnapshot, answer: BrokerAnswer): Refusal | undefined {
  switch (answer.kind) {
    case 'unavailable':
      return v9('BROKER_UNAVAILABLE', `The broker could not be asked about ${snapshot.symbol}: ${answer.cause}.`);
    case 'no_capacity':
      return v9(
        'CAPACITY_EXHAUSTED',
        `The broker's rate budget does not carry ${snapshot.symbol} now; nothing was sent.`,
      );
    case 'unknown_symbol':
      return v9('INSTRUMENT_RULES', `symbol is ${show(snapshot.symbol)}; the broker does not know it.`, 'symbol');
    case 'answered':
      return (
        instrumentRefusal(snapshot, answer.instrument) ??
        marginRefusal(answer.margin) ??
        bracketRefusal(snapshot, answer.instrument) ??
        exitsRefusal(answer.exits)
      );
  }
}

function instrumentRefusal({ symbol, positionSize }: FrozenSnapshot, instrument: Instrument): Refusal | undefined {
  const lot = ruleOf(instrument.lotSize);
  const least = ruleOf(instrument.minQty ?? instrument.lotSize);
  const most = instrument.maxQty === undefined ? undefined : ruleOf(instrument.maxQty);
  const protectionLot = ruleOf(instrument.protectionLotSize ?? instrument.lotSize);
  const why = instrument.reason === undefined ? '' : `: ${instrument.reason}`;
  if (instrument.tradable === false) return v9('INSTRUMENT_RULES', `symbol ${symbol} is not tradable${why}.`, 'symbol');
  if (instrument.protectable === false) {
    return v9('INSTRUMENT_RULES', `symbol ${symbol} cannot be protected by SL and TP at this broker${why}.`, 'symbol');
  }
  const refusedSize = (accepted: string) =>
    v9('INSTRUMENT_RULES', `positionSize is ${positionSize}; accepted for ${symbol} is ${accepted}.`, 'positionSize');
  if (lot !== undefined && !isMultipleOf(positionSize, lot)) return refusedSize(`a multiple of ${lot}`);
  if (least !== undefined && lessThan(positionSize, least)) return refusedSize(`at least ${least}`);
  if (most !== undefined && lessThan(most, positionSize)) return refusedSize(`at most ${most}`);
  if (protectionLot !== undefined && !isMultipleOf(positionSize, protectionLot)) {
    return refusedSize(`a multiple of ${protectionLot}, which is what the broker can protect`);
  }
  return undefined;
}

const marginRefusal = (margin: 'ok' | { readonly refused: string }): Refusal | undefined =>
  margin === 'ok'
    ? undefined
    : v9('INSUFFICIENT_MARGIN', `The broker refuses for margin: ${margin.refused}.`, 'positionSize');

/** V10: after rounding to the tick, SL and TP of a fill at the reference price must lie on either side of it. */
function bracketRefusal(snapshot: FrozenSnapshot, instrument: Instrument): Refusal | undefined {
  const { referencePrice, side, slOffsetPct, tpOffsetPct, symbol } = snapshot;
  const { stopLoss, takeProfit, valid } = protectionFor(referencePrice, snapshot, instrument);
  if (valid) return undefined;
  const sides = side === 'buy' ? 'SL < fill < TP' : 'TP < fill < SL';
  const message = `slOffsetPct ${slOffsetPct} and tpOffsetPct ${tpOffsetPct} of the reference price ${referencePrice} give SL ${stopLoss} and TP ${takeProfit} at the tick ${instrument.tickSize} of ${symbol}; accepted is ${sides}.`;
  return { rule: 'V10', code: 'EXITS_NOT_PLACEABLE', field: 'slOffsetPct', message };
}

const exitsRefusal = (exits: 'ok' | { readonly refused: string } = 'ok'): Refusal | undefined =>
  exits === 'ok'
    ? undefined
    : {
        rule: 'V10',
        code: 'EXITS_NOT_PLACEABLE',
        field: 'slOffsetPct',
        message: `The broker says that the exits could not be placed: ${exits.refused}.`,
      };

const v9 = (code: ReasonCode, message: string, field?: string): Refusal => ({
  rule: 'V9',
  code,
  message,
  ...(field !== undefined && { field }),
});

function ruleOf(value: string): Decimal | undefined {
  const parsed = parseVenueDecimal(value);
  return parsed !== undefined && isPositive(parsed) ? parsed : undefined;
}

/** Reads what the broker says of an instrument; `undefined` when tick or lot cannot be read: such an answer is no answer. */
export const readInstrument = (raw: unknown, symbol: string): Instrument | undefined =>
  attempt(() => instrumentOf(raw, symbol));

function instrumentOf(raw: unknown, symbol: string): Instrument | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { tickSize, lotSize, minQty, maxQty, tradable, protectable, protectionLotSize, reason, baseAsset } =
    raw as Partial<Instrument>;
  // A word such as 'false' is no answer to whether it can be traded.
  if (!isAnswer(tradable) || !isAnswer(protectable)) return undefined;
  const sizes = { tickSize, lotSize, minQty, maxQty, protectionLotSize };
  const read: Record<string, string | boolean> = {};
  for (const [name, size] of Object.entries(sizes)) {
    const isRequired = name === 'tickSize' || name === 'lotSize';
    if ((size === undefined || size === null) && !isRequired) continue;
    const parsed = parseVenueDecimal(size);
    if (parsed === undefined || (isRequired && !isPositive(parsed))) return undefined;
    // A bound of zero is how some brokers say that there is none.
    if (!isPositive(parsed)) continue;
    read[name] = parsed;
  }
  read['symbol'] = symbol;
  if (tradable === false) read['tradable'] = tradable;
  if (protectable === false) read['protectable'] = protectable;
  if (typeof reason === 'string') read['reason'] = boundedText(reason);
  if (typeof baseAsset === 'string' && baseAsset !== '') read['baseAsset'] = baseAsset;
  return read as unknown as Instrument;
}

/** `null` is how JSON says that there is none. */
const isAnswer = (value: unknown): boolean => value === undefined || value === null || typeof value === 'boolean';
