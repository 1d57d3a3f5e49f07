/**
 * What a check of a broker found: for people, and for machines.
 */
import { isMultipleOf, isPositive, parseDecimal } from '../../domain/decimal.js';
import type { BrokerCapabilities, BrokerDescription, Instrument } from '../../domain/ports.js';
import { type Paint, painter, type Tone, wantsColour } from '../terminal/paint.js';
import { sentenceWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { BrokerCheck, CheckVerdict } from './check.js';

/** Raised when a member changes its meaning or goes away. */
const CHECK_FORMAT = 1;

interface CheckHead {
  readonly fillchart: string;
  readonly broker: string;
  readonly about: string;
  readonly live: boolean;
}

export const checkJson = (head: CheckHead, check: BrokerCheck): string =>
  `${JSON.stringify({ format: CHECK_FORMAT, ...head, ...check, instruments: check.instruments.map(withEffectiveLot) }, null, 2)}\n`;

const withEffectiveLot = (rules: Instrument): object => {
  const effectiveLotSize = effectiveLot(rules);
  return effectiveLotSize === undefined ? rules : { ...rules, effectiveLotSize };
};

/** The step in which the engine takes quantities: what can be bought and protected. None where the two steps do not agree. */
function effectiveLot({ lotSize, protectionLotSize = lotSize }: Instrument): string | undefined {
  const [lot, protection] = [parseDecimal(lotSize), parseDecimal(protectionLotSize)];
  if (lot === undefined || protection === undefined || !isPositive(lot) || !isPositive(protection)) return undefined;
  if (isMultipleOf(protection, lot)) return protection;
  return isMultipleOf(lot, protection) ? lot : undefined;
}

const NAME_WIDTH = 18;
const MS_PER_MINUTE = 60_000;
const MS_PER_SECOND = 1_000;

type Row = readonly [name: string, text: string, tone?: Tone];

const VERDICTS: Readonly<Record<CheckVerdict, Row>> = {
  ok: ['ok', 'the broker is there and knows us. Nothing was placed.', 'good'],
  unreachable: ['unreachable', 'the broker did not answer, or not everything. Nothing was placed.', 'bad'],
  refused: ['refused', 'the broker says no. Nothing was placed.', 'bad'],
};

export function checkText(head: CheckHead, check: BrokerCheck, { stdout, env }: CliWorld): string {
  const paint = painter(wantsColour(stdout, env));
  const width = sentenceWidth(stdout);
  const { capabilities, description, instruments, connectMs, positions, openOrders, problems } = check;
  const rows: readonly Row[] = [
    ['broker', `${head.broker} (${head.about})`, 'bold'],
    ...(head.live ? [['', 'REAL MONEY', 'bad'] as const] : []),
    ...(connectMs === undefined ? [] : [['connected', `in ${connectMs} ms`] as const]),
    ...(description === undefined ? [] : descriptionRows(description)),
    ['capabilities', capabilityText(capabilities)],
    ...(connectMs === undefined
      ? []
      : [['positions', capabilities.positions === 'none' ? 'not told' : `${positions ?? '?'}`] as const]),
    ...(openOrders === undefined ? [] : [['open orders', `${openOrders}`] as const]),
    ...instruments.map(ruleRow),
    ...problems.map(({ step, message }): Row => [step, message, 'bad']),
    VERDICTS[check.verdict],
  ];
  return `${rows.flatMap((row) => linesOf(row, width, paint)).join('\n')}\n`;
}

function linesOf([name, text, tone = 'plain']: Row, width: number, paint: Paint): readonly string[] {
  const indent = ' '.repeat(NAME_WIDTH);
  const shown = printable(name);
  const label = shown.length < NAME_WIDTH ? shown.padEnd(NAME_WIDTH) : `${shown}  `;
  const [first = '', ...rest] = wrapped(printable(text), width, indent, indent);
  return [label + first.trimStart(), ...rest].map((line) => paint(tone, line));
}

function descriptionRows({ about, clock, rateLimit, facts = {} }: BrokerDescription): readonly Row[] {
  const rows: Row[] = [];
  if (about !== undefined) rows.push(['account', about]);
  if (clock !== undefined) {
    const { time, aheadMs, withinMs } = clock;
    const within = withinMs === undefined ? '' : ` (within ${withinMs} ms)`;
    const way = aheadMs === 0 ? 'as ours' : `${Math.abs(aheadMs)} ms ${aheadMs > 0 ? 'ahead of' : 'behind'} ours`;
    rows.push(['clock', `${time}, ${way}${within}`]);
  }
  if (rateLimit !== undefined) {
    const { requests, perMs, remaining } = rateLimit;
    rows.push([
      'rate limit',
      `${requests} requests ${spanOf(perMs)}${remaining === undefined ? '' : `, ${remaining} left`}`,
    ]);
  }
  return [...rows, ...Object.entries(facts)];
}

function spanOf(ms: number): string {
  if (ms === MS_PER_MINUTE) return 'a minute';
  return ms === MS_PER_SECOND ? 'a second' : `in ${ms} ms`;
}

function capabilityText(capabilities: BrokerCapabilities): string {
  const { push, batchStatus, lookupByClientId, nativeOco, positions, fractional, minPollMs } = capabilities;
  return [
    push ? 'pushes reports' : 'no pushes, polls alone',
    batchStatus ? 'many orders in one query' : 'one query an order',
    lookupByClientId ? 'finds orders by our id' : 'does NOT find orders by our id',
    nativeOco ? 'SL and TP as one OCO' : 'SL and TP as two orders',
    positions === 'none' ? 'tells no positions' : `${positions} positions`,
    fractional ? 'fractions' : 'no fractions',
    ...(minPollMs > 0 ? [`${minPollMs} ms between polls of an order`] : []),
  ].join(', ');
}

function ruleRow(rules: Instrument): Row {
  const { symbol, tickSize, lotSize, minQty, maxQty, protectionLotSize, tradable, protectable, reason } = rules;
  const parts = [
    `tick ${tickSize}, lot ${effectiveLot(rules) ?? lotSize}${protectionLotSize === undefined ? '' : ` (protected in steps of ${protectionLotSize})`}`,
    ...(minQty === undefined ? [] : [`at least ${minQty}`]),
    ...(maxQty === undefined ? [] : [`at most ${maxQty}`]),
  ];
  const refused = tradable === false ? 'NOT TRADABLE now' : protectable === false ? 'NOT PROTECTABLE' : undefined;
  if (refused === undefined) return [symbol, parts.join(', ')];
  return [symbol, `${parts.join(', ')}; ${refused}${reason === undefined ? '' : `: ${reason}`}`, 'warn'];
}
