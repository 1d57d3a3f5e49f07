/**
 * The way to a worker that loads Restate's library when it is asked for: it is an optional peer.
 */

import { CALL_DEADLINES } from '../domain/limits.js';
import { refuseUnknown, requireOptions } from '../domain/option-names.js';
import { invalidOption, requireClock, requireMethods, requireUrl, requireWhole } from '../domain/option-values.js';
import { hostSettings } from './settings.js';
import type { RestateWorker, WorkerOptions } from './worker.js';

const NAMES = Object.keys({
  broker: true,
  clock: true,
  ingressUrl: true,
  settings: true,
  deadlines: true,
  attemptId: true,
  logger: true,
  port: true,
  host: true,
  archive: true,
  limits: true,
  preTrade: true,
} satisfies Record<keyof WorkerOptions, true>);

/** Before the library is loaded: what is wrong is told whether it is installed or not. */
function checkWorker(options: WorkerOptions): void {
  requireOptions('openWorker', options, NAMES);
  requireMethods('broker', options.broker, [
    'instrument',
    'submitOrder',
    'getOrderStatus',
    'cancelOrder',
    'placeProtection',
  ]);
  requireClock('clock', options.clock);
  requireUrl('ingressUrl', options.ingressUrl);
  hostSettings(options.settings);
  refuseUnknown('openWorker', options.deadlines, Object.keys(CALL_DEADLINES), 'deadlines.');
  if (typeof options.attemptId !== 'function') throw invalidOption('attemptId', options.attemptId, 'a function');
  if (options.logger !== false) requireMethods('logger', options.logger, ['debug', 'info', 'warn', 'error']);
  requireWhole('port', options.port, 0, 65_535);
}

/** Opens a worker: it listens, and reads the gate from then on. Rejects when the port is taken. @beta @since 0.1.0 */
export async function openWorker(options: WorkerOptions): Promise<RestateWorker> {
  checkWorker(options);
  const worker = await import('./worker.js');
  return worker.openWorker(options);
}

/**
 * Tells Restate where the services are.
 *
 * @param adminUrl such as `http://127.0.0.1:9070`
 * @beta @since 0.1.0
 */
export async function registerDeployment(adminUrl: string, uri: string, limitMs = 10_000): Promise<void> {
  requireUrl('adminUrl of registerDeployment', adminUrl);
  requireUrl('uri of registerDeployment', uri);
  requireWhole('limitMs of registerDeployment', limitMs, 1);
  const answer = await fetch(`${adminUrl.replace(/\/+$/, '')}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri, force: true }),
    signal: AbortSignal.timeout(limitMs),
  });
  if (!answer.ok) throw new Error(`Restate does not take ${uri}: ${answer.status} ${await answer.text()}`);
}
