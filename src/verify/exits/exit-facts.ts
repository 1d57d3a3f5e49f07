/**
 * What the world can tell the exits' chart: exits as they can be placed, and every report, answer and deadline of each
 * kind that differs.
 *
 * What a venue does to an exit, and what a line does to the reports on it, comes in as a sequence of these; every
 * sequence is tried.
 */
import type { Decimal } from '../../domain/decimal.js';
import type { ExitFact, ExitLeg } from '../../domain/exits.js';
import type { ProtectionFact, ProtectionInput, SeenPosition } from '../../machines/protection.facts.js';

const decimalOf = (text: string): Decimal => text as Decimal;

/** The quantity that the exits are for. */
export const QUANTITY = 100;
const OPENED_AT = 1_000_000;
const placed = (price: string, isPlaced = true) => ({ price: decimalOf(price), isPlaced });
const ZERO = decimalOf('0');

const BOUGHT: ProtectionInput = {
  advisoryId: 'ADV-1',
  snapshotHash: 'hash',
  clientOrderId: 'fc-1',
  symbol: 'AAPL',
  side: 'buy',
  quantity: decimalOf(`${QUANTITY}`),
  unprotectedQuantity: ZERO,
  entryPrice: decimalOf('151'),
  openedAt: OPENED_AT,
  nativeOco: false,
};

const PAIR = { sl: placed('147.98'), tp: placed('155.53') };

export interface StartingPoint {
  readonly label: string;
  readonly input: ProtectionInput;
  /** The exit of which all that differs can be told; of the others, what matters to a sibling. */
  readonly wide?: ExitLeg;
  /** How often the process may end on one path. */
  readonly crashes: 0 | 1;
}

/** How exits can be left by an execution. */
export const STARTING_POINTS: readonly StartingPoint[] = [
  { label: 'two exits', input: { ...BOUGHT, ...PAIR }, wide: 'sl', crashes: 1 },
  { label: 'two exits', input: { ...BOUGHT, ...PAIR }, wide: 'tp', crashes: 0 },
  { label: 'a pair that the venue ties', input: { ...BOUGHT, ...PAIR, nativeOco: true }, crashes: 0 },
  {
    label: 'two exits of a sale',
    input: { ...BOUGHT, side: 'sell', sl: placed('154.02'), tp: placed('146.47') },
    crashes: 0,
  },
  { label: 'the stop-loss alone', input: { ...BOUGHT, sl: placed('147.98') }, wide: 'sl', crashes: 1 },
  {
    label: 'a take-profit that nobody knows of',
    input: { ...BOUGHT, sl: placed('147.98'), tp: placed('155.53', false) },
    crashes: 0,
  },
  { label: 'none', input: BOUGHT, crashes: 1 },
];

/** A fact but for its time, and what a law must know to judge what the chart makes of it. */
export interface KnownFact {
  readonly label: string;
  readonly fact: ProtectionFact;
}

type Report = readonly [
  status: ExitFact['status'],
  cumQty: number,
  price?: string | undefined,
  quantity?: number | undefined,
  /** Where the exit stands: its own price. */
  standsAt?: string | undefined,
  isSuspended?: true,
];

const REPORTS: readonly Report[] = [
  ['open', 0],
  ['open', 0, undefined, 60],
  ['open', 40, '150'],
  ['filled', 60, '150', 60],
  ['filled', QUANTITY, '150'],
  ['filled', QUANTITY],
  ['cancelled', 0],
  ['cancelled', 40, '150'],
  ['rejected', 0],
  ['open', 0, undefined, 150],
  ['open', 0, undefined, undefined, '140'],
  ['open', 0, undefined, 60, '140'],
  ['open', 0, undefined, undefined, undefined, true],
];

function reportOn(leg: ExitLeg, [status, cumQty, price, quantity, standsAt, isSuspended]: Report): KnownFact {
  const report: ExitFact = {
    status,
    cumQty: decimalOf(`${cumQty}`),
    ...(price !== undefined && { avgPrice: decimalOf(price) }),
    ...(quantity !== undefined && { quantity: decimalOf(`${quantity}`) }),
    ...(standsAt !== undefined && { price: decimalOf(standsAt) }),
    ...(isSuspended && { isSuspended }),
  };
  const at = price === undefined ? '' : ` @ ${price}`;
  const of = quantity === undefined ? '' : ` of ${quantity}`;
  const stands = `${standsAt === undefined ? '' : `, stands at ${standsAt}`}${isSuspended ? ', suspended' : ''}`;
  return {
    label: `${leg} ${status}, filled ${cumQty}${of}${at}${stands}`,
    fact: { type: 'EXIT_REPORT', at: 0, leg, report },
  };
}

const LEGS: readonly ExitLeg[] = ['sl', 'tp'];
const reports = LEGS.map((leg) => [leg, REPORTS.map((report) => reportOn(leg, report))] as const);
const absences = LEGS.map(
  (leg) => [leg, { label: `${leg} is not found`, fact: { type: 'EXIT_ABSENT', at: 0, leg } as const }] as const,
);

/** Reports on the sibling: open, smaller, filled in part, filled, cancelled. */
const NARROW = [0, 1, 2, 4, 6];

/** What can be told of an exit that was placed. */
export const factsOn = (leg: ExitLeg, isWide: boolean): readonly KnownFact[] => [
  ...(reports.find(([one]) => one === leg)?.[1].filter((_, index) => isWide || NARROW.includes(index)) ?? []),
  ...absences.filter(([one]) => one === leg && isWide).map(([, fact]) => fact),
];

const NOTHING_ELSE = { least: ZERO, most: ZERO };
const seen = (label: string, answer: SeenPosition): KnownFact => ({
  label: `the position is ${label}`,
  fact: { type: 'POSITION_SEEN', at: 0, seen: answer },
});

/** Answers to the position question; a sale's position is negative. */
export const positionsSeen = ({ side }: Pick<ProtectionInput, 'side'>): readonly KnownFact[] => {
  const sign = side === 'buy' ? '' : '-';
  return [
    seen('gone', { kind: 'position', size: ZERO, isOwn: false, others: NOTHING_ELSE }),
    seen('held', { kind: 'position', size: decimalOf(`${sign}${QUANTITY}`), isOwn: true, others: NOTHING_ELSE }),
    seen('not told', { kind: 'failed', cause: 'silent' }),
  ];
};

export const startOf = (input: ProtectionInput): ProtectionFact => ({ type: 'START', at: OPENED_AT, input });
