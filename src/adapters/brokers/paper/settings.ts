/**
 * Reads the options: everything is checked before anything is traded, and missing ones get their defaults.
 */
import type { Observable } from 'rxjs';
import { type Decimal, decimal, isMultipleOf, ONE } from '../../../domain/decimal.js';
import type { Clock, Instrument } from '../../../domain/ports.js';
import { systemClock } from '../../system-clock.js';
import {
  assertAccepted,
  type Check,
  check,
  either,
  flag,
  invalidOption,
  isRecord,
  listOf,
  milliseconds,
  numberBetween,
  positiveDecimal,
  record,
  signedDecimal,
  text,
  wholeBetween,
  words,
} from './check.js';
import type { NetPosition } from './net-position.js';
import type { PaperBrokerOptions, PartialFills, RejectRule } from './paper-options.js';
import type { PaperScripts } from './paper-script.js';
import { type PriceFrame, parsePriceFile, readPriceFile } from './price-file.js';
import { type PaperTick, type Quote, readQuote } from './quote.js';
import type { Seed, Spread } from './random.js';
import { readPaperScripts, scriptsSchema } from './read-script.js';

/** An instrument whose steps are read. */
export interface PaperInstrument {
  readonly rules: Instrument;
  readonly tickSize: Decimal;
  readonly lotSize: Decimal;
}

/** The options, read and complete. */
export interface PaperSettings {
  readonly instruments: ReadonlyMap<string, PaperInstrument>;
  readonly quotes: ReadonlyMap<string, Quote>;
  readonly positions: ReadonlyMap<string, NetPosition>;
  readonly clock: Clock;
  readonly feed?: Observable<PaperTick>;
  readonly replay?: PriceReplaySettings;
  readonly latencyMs: Spread;
  readonly fillDelayMs: Spread;
  readonly cancelLatencyMs: Spread;
  readonly spreadBps: Decimal;
  readonly slippageBps: Spread;
  readonly partialFills: PartialFills;
  readonly rejectProbability: number;
  readonly rejectRules: readonly RejectRule[];
  readonly buyingPower?: Decimal;
  readonly scripts: PaperScripts;
  readonly seed: Seed;
  readonly push: boolean;
  readonly fractional: boolean;
}

export interface PriceReplaySettings {
  readonly frames: readonly PriceFrame[];
  readonly stepMs: number;
  readonly loop: boolean;
}

const DEFAULT_STEP_MS = 1_000;
const MOST_BPS = 10_000;

const spread = (one: Check): Check => {
  const range = record({ min: one, max: one });
  const isOrdered = check(`${range.accepted} with min ≤ max`, (value) => isRecord(value) && isAscending(value));
  const ordered: Check = {
    accepted: isOrdered.accepted,
    schema: range.schema,
    problem: (value, path) => range.problem(value, path) ?? isOrdered.problem(value, path),
  };
  return either(one, ordered);
};

const isAscending = ({ min, max }: { readonly min?: unknown; readonly max?: unknown }): boolean =>
  Number(min) <= Number(max);

const side = words('buy', 'sell');
const object = (name: string): Check => check(name, (value) => typeof value === 'object' && value !== null);

const instrument = record(
  { symbol: text, tickSize: positiveDecimal, lotSize: positiveDecimal },
  {
    minQty: positiveDecimal,
    maxQty: positiveDecimal,
    tradable: flag,
    protectable: flag,
    protectionLotSize: positiveDecimal,
    reason: text,
  },
);

const priceFileOptions = record(
  {},
  {
    path: either(
      text,
      check('a URL', (value) => value instanceof URL),
    ),
    text,
    symbol: text,
    stepMs: check('a number of milliseconds, 1 or more', (value) => Number.isFinite(value) && Number(value) >= 1, {
      type: 'number',
      minimum: 1,
    }),
    loop: flag,
  },
);

const OPTIONAL: { readonly [Option in Exclude<keyof PaperBrokerOptions, 'instruments'>]-?: Check } = {
  quotes: check('prices by symbol', (value) => typeof value === 'object' && value !== null, {
    type: 'object',
    description: 'prices by symbol',
  }),
  clock: object('a clock'),
  feed: object('an observable'),
  priceFile: either(text, priceFileOptions),
  latencyMs: spread(milliseconds),
  fillDelayMs: spread(milliseconds),
  cancelLatencyMs: spread(milliseconds),
  spreadBps: numberBetween(0, MOST_BPS),
  slippageBps: spread(numberBetween(0, MOST_BPS)),
  partialFills: record({ pieces: wholeBetween(1, 1000), delayMs: milliseconds }),
  rejectProbability: numberBetween(0, 1),
  rejectRules: listOf(
    record({ code: text, reason: text }, { symbol: text, side, quantityAbove: signedDecimal, transient: flag }),
  ),
  buyingPower: positiveDecimal,
  initialPositions: listOf(record({ symbol: text, size: signedDecimal }, { entryPrice: positiveDecimal })),
  // Read word by word below, with the place of what is wrong.
  scripts: check('scripts by symbol', () => true, scriptsSchema),
  seed: either(text, check('a number', Number.isFinite, { type: 'number' })),
  push: flag,
};

export const paperOptions = record({ instruments: listOf(instrument, 1) }, OPTIONAL);

/** @throws {FillchartError} `INVALID_OPTION` naming the option, its value and what is accepted */
export function readSettings(options: PaperBrokerOptions): PaperSettings {
  assertAccepted(paperOptions, options, 'options');
  const instruments = readInstruments(options.instruments);
  const replay = readReplay(options.priceFile, instruments);
  return {
    instruments,
    quotes: readQuotes(options.quotes ?? {}, instruments),
    positions: readPositions(options.initialPositions ?? [], instruments),
    clock: options.clock ?? systemClock(),
    ...(options.feed !== undefined && { feed: options.feed }),
    ...(replay !== undefined && { replay }),
    latencyMs: options.latencyMs ?? 0,
    fillDelayMs: options.fillDelayMs ?? 0,
    cancelLatencyMs: options.cancelLatencyMs ?? 0,
    spreadBps: decimal(options.spreadBps ?? 0),
    slippageBps: options.slippageBps ?? 0,
    partialFills: options.partialFills ?? { pieces: 1, delayMs: 0 },
    rejectProbability: options.rejectProbability ?? 0,
    rejectRules: options.rejectRules ?? [],
    ...(options.buyingPower !== undefined && { buyingPower: decimal(options.buyingPower) }),
    scripts: readPaperScripts(options.scripts ?? {}),
    seed: options.seed ?? 1,
    push: options.push ?? true,
    fractional: [...instruments.values()].some(({ lotSize }) => !isMultipleOf(lotSize, ONE)),
  };
}

function readInstruments(list: PaperBrokerOptions['instruments']): Map<string, PaperInstrument> {
  const read = new Map<string, PaperInstrument>();
  for (const rules of list) {
    if (read.has(rules.symbol)) throw invalidOption(`options.instruments names ${rules.symbol} twice.`);
    const { tickSize, lotSize } = rules;
    read.set(rules.symbol, {
      rules: Object.freeze({ ...rules }),
      tickSize: decimal(tickSize),
      lotSize: decimal(lotSize),
    });
  }
  return read;
}

type Instruments = ReadonlyMap<string, PaperInstrument>;

function readQuotes(quotes: NonNullable<PaperBrokerOptions['quotes']>, instruments: Instruments): Map<string, Quote> {
  const read = new Map<string, Quote>();
  for (const [symbol, input] of Object.entries(quotes)) {
    assertKnown(symbol, `options.quotes.${symbol}`, instruments);
    read.set(symbol, quoteOrThrow(input, `options.quotes.${symbol}`));
  }
  return read;
}

/** @throws {FillchartError} `INVALID_OPTION` when the input is no quote */
export function quoteOrThrow(input: unknown, path: string): Quote {
  const quote = readQuote(input);
  if (quote !== undefined) return quote;
  throw invalidOption(
    `${path} is ${JSON.stringify(input)}; accepted is a price, or { price, bid?, ask? } with bid ≤ ask.`,
  );
}

function readPositions(
  list: NonNullable<PaperBrokerOptions['initialPositions']>,
  instruments: Instruments,
): Map<string, NetPosition> {
  const read = new Map<string, NetPosition>();
  for (const [index, { symbol, size, entryPrice }] of list.entries()) {
    const path = `options.initialPositions[${index}]`;
    assertKnown(symbol, `${path}.symbol`, instruments);
    if (read.has(symbol)) throw invalidOption(`${path} names ${symbol} twice.`);
    read.set(symbol, { size: decimal(size), ...(entryPrice !== undefined && { entryPrice: decimal(entryPrice) }) });
  }
  return read;
}

function assertKnown(symbol: string, path: string, instruments: Instruments): void {
  if (!instruments.has(symbol)) throw invalidOption(`${path} is ${symbol}; options.instruments does not name it.`);
}

function readReplay(
  option: PaperBrokerOptions['priceFile'],
  instruments: Instruments,
): PriceReplaySettings | undefined {
  if (option === undefined) return undefined;
  const file = typeof option === 'string' ? (option.includes('\n') ? { text: option } : { path: option }) : option;
  if ((file.path === undefined) === (file.text === undefined)) {
    throw invalidOption('options.priceFile needs one of path and text, and not both.');
  }
  const csv = file.text ?? readPriceFile(file.path ?? '');
  const symbols = [...instruments.keys()];
  const only = symbols.length === 1 ? symbols[0] : undefined;
  const symbol = file.symbol ?? only;
  const frames = parsePriceFile(csv, symbols, symbol);
  return { frames, stepMs: file.stepMs ?? DEFAULT_STEP_MS, loop: file.loop ?? false };
}
