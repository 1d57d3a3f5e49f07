/**
 * Brokers by name, each made from a plain JSON config.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { type PaperBroker, paperBroker } from '../../adapters/brokers/paper/paper-broker.js';
import type { PaperBrokerOptions } from '../../adapters/brokers/paper/paper-options.js';
import type { BrokerAdapter, Clock, Instrument } from '../../domain/ports.js';
import { FillchartError } from '../../domain/reasons.js';
import { freezeSnapshot } from '../../domain/snapshot.js';
import { UsageError } from '../exit-codes.js';
import { readJson } from './json-text.js';
import { type OperatorAction, readOperator } from './operator.js';
import type { AdvisoryLine } from './read-advisories.js';
import { readTextFile } from './source.js';

export const BROKERS = ['paper'] as const;
export type BrokerName = (typeof BROKERS)[number];

/** Brokers on which no money is at stake: only they may run on a scaled clock. */
export const SIMULATED: readonly BrokerName[] = ['paper'];

export interface BrokerRequest {
  readonly configPath?: string | undefined;
  readonly clock: Clock;
  readonly advisories: readonly AdvisoryLine[];
}

export interface OpenedBroker {
  readonly broker: BrokerAdapter;
  readonly operator: readonly OperatorAction[];
  /** One phrase on where its settings are from. */
  readonly about: string;
}

/** @throws {UsageError} */
export function brokerName(given: string): BrokerName {
  const known = BROKERS.find((name) => name === given);
  if (known !== undefined) return known;
  throw new UsageError(`there is no broker ${JSON.stringify(given)}; accepted is ${BROKERS.join(', ')}.`);
}

const OPENERS: Record<BrokerName, (request: BrokerRequest) => OpenedBroker> = { paper: openPaper };

/** @throws {UsageError} for a config that cannot be taken */
export const openBroker = (name: BrokerName, request: BrokerRequest): OpenedBroker => OPENERS[name](request);

function openPaper({ configPath, clock, advisories }: BrokerRequest): OpenedBroker {
  if (configPath === undefined) {
    const options = marketOf(advisories);
    return {
      broker: paperBroker({ ...options, clock }),
      operator: [],
      about: 'each symbol quoted at its reference price',
    };
  }
  const { operator, ...options } = readConfig(configPath);
  for (const key of ['clock', 'feed']) {
    if (key in options) throw new UsageError(`${configPath}: ${key} cannot be set in a file.`);
  }
  const actions = readOperator(operator, configPath);
  return {
    broker: paperOf({ ...beside(options, configPath), clock }, configPath),
    operator: actions,
    about: configPath,
  };
}

function paperOf(options: object, configPath: string): PaperBroker {
  try {
    // Read word by word by the paper broker itself, which names what it does not accept.
    return paperBroker(options as PaperBrokerOptions);
  } catch (error) {
    if (error instanceof FillchartError) throw new UsageError(`${configPath}: ${error.message}`);
    throw error;
  }
}

function readConfig(path: string): Readonly<Record<string, unknown>> {
  const reading = readJson(readTextFile(path).replace(/^\uFEFF/, ''));
  if (!reading.ok) throw new UsageError(`${path}:${reading.line}:${reading.column}: ${reading.problem}`);
  const { value } = reading;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${path} must hold a JSON object of the broker's options.`);
  return value as Readonly<Record<string, unknown>>;
}

/** A price file is looked for beside the config that names it. */
function beside(options: Readonly<Record<string, unknown>>, configPath: string): Readonly<Record<string, unknown>> {
  const resolve = (path: unknown): unknown =>
    typeof path !== 'string' || path.includes('\n') || isAbsolute(path) ? path : join(dirname(configPath), path);
  const { priceFile } = options;
  if (typeof priceFile === 'string') return { ...options, priceFile: resolve(priceFile) };
  if (typeof priceFile !== 'object' || priceFile === null || !('path' in priceFile)) return options;
  return { ...options, priceFile: { ...priceFile, path: resolve(priceFile.path) } };
}

const LEAST_PRICE_DECIMALS = 2;

/** Without a config: the symbols of the file, with steps as fine as the file writes them, each at its reference price. */
function marketOf(advisories: readonly AdvisoryLine[]): PaperBrokerOptions {
  const instruments = new Map<string, Instrument>();
  const quotes: Record<string, string> = {};
  for (const { input } of advisories) {
    const { symbol, referencePrice, positionSize } = freezeSnapshot(input);
    if (symbol === '') continue;
    const known = instruments.get(symbol);
    const tickDecimals = Math.max(LEAST_PRICE_DECIMALS, decimalsOf(referencePrice), decimalsOf(known?.tickSize));
    const lotDecimals = Math.max(decimalsOf(positionSize), decimalsOf(known?.lotSize));
    instruments.set(symbol, { symbol, tickSize: stepOf(tickDecimals), lotSize: stepOf(lotDecimals) });
    if (!referencePrice.startsWith('-') && referencePrice !== '0') quotes[symbol] ??= referencePrice;
  }
  const none: Instrument = { symbol: '(none)', tickSize: '1', lotSize: '1' };
  return { instruments: instruments.size === 0 ? [none] : [...instruments.values()], quotes };
}

const decimalsOf = (decimal = '0'): number => decimal.split('.')[1]?.length ?? 0;
const stepOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`);
