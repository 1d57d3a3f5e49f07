/**
 * The paper broker, from a config, or from nothing but the advisories.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { paperBroker } from '../../adapters/brokers/paper/paper-broker.js';
import type { PaperBrokerOptions } from '../../adapters/brokers/paper/paper-options.js';
import type { Instrument } from '../../domain/ports.js';
import { freezeSnapshot } from '../../domain/snapshot.js';
import { UsageError } from '../exit-codes.js';
import { readOperator } from '../run/operator.js';
import type { AdvisoryLine } from '../run/read-advisories.js';
import { asUsage, type Config, readConfig } from './config-file.js';
import type { BrokerRequest, OpenedBroker } from './opened-broker.js';

/** @throws {UsageError} for a config that cannot be taken */
export async function openPaper({ configPath, given, clock, live, advisories }: BrokerRequest): Promise<OpenedBroker> {
  if (live) throw new UsageError('--live is for brokers with real money; the paper broker has none.');
  if (configPath === undefined) {
    const options = marketOf(advisories);
    return {
      broker: paperBroker({ ...options, clock }),
      operator: [],
      about: 'each symbol quoted at its reference price',
    };
  }
  const { operator, ...options } = readConfig(configPath, given);
  for (const key of ['clock', 'feed']) {
    if (key in options) throw new UsageError(`${configPath}: ${key} cannot be set in a file.`);
  }
  const actions = readOperator(operator, configPath);
  // Read word by word by the paper broker itself, which names what it does not accept.
  const read = { ...withPriceFile(options, configPath), clock } as unknown as PaperBrokerOptions;
  return { broker: asUsage(configPath, () => paperBroker(read)), operator: actions, about: configPath };
}

/** A price file is looked for beside the config that names it. */
function withPriceFile(options: Config, configPath: string): Config {
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
