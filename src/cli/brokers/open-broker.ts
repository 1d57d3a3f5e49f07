/**
 * Brokers by name. What stands behind a name is loaded when it is asked for: `paper` loads none of the others.
 */
import type { LimitOptions } from '../../domain/risk-limits.js';
import type { BrokerName } from './broker-name.js';
import { readConfig } from './config-file.js';
import type { BrokerRequest, OpenedBroker } from './opened-broker.js';

type Open = (request: BrokerRequest) => Promise<OpenedBroker>;

/**
 * Makes the broker; nothing is sent. What the config says of limits is the engine's, whatever the broker.
 *
 * @throws {UsageError} for a config that cannot be taken, missing keys, a missing library
 */
export async function openBroker(name: BrokerName, request: BrokerRequest): Promise<OpenedBroker> {
  const open = await openerOf(name);
  const { configPath } = request;
  if (configPath === undefined) return open(request);
  const { limits, ...given } = readConfig(configPath, request.given);
  const opened = await open({ ...request, given });
  return { ...opened, ...(limits !== undefined && { limits: limits as LimitOptions }) };
}

async function openerOf(name: BrokerName): Promise<Open> {
  switch (name) {
    case 'paper':
      return (await import('./paper.js')).openPaper;
    case 'alpaca':
      return (await import('./alpaca.js')).openAlpaca;
    case 'fix':
      return (await import('./fix.js')).openFix;
    default:
      return (await import('./ccxt.js')).openCcxt(name);
  }
}
