/**
 * The way to a worker that loads Restate's library when it is asked for: it is an optional peer.
 */
import type { RestateWorker, WorkerOptions } from './worker.js';

/** Opens a worker: it listens, and reads the gate from then on. Rejects when the port is taken. @beta @since 0.1.0 */
export async function openWorker(options: WorkerOptions): Promise<RestateWorker> {
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
  const answer = await fetch(`${adminUrl.replace(/\/+$/, '')}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri, force: true }),
    signal: AbortSignal.timeout(limitMs),
  });
  if (!answer.ok) throw new Error(`Restate does not take ${uri}: ${answer.status} ${await answer.text()}`);
}
