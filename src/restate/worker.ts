/**
 * A worker: serves the executions, the exits and the shared objects to Restate over HTTP/2.
 */
import http2 from 'node:http2';
import { createEndpointHandler } from '@restatedev/restate-sdk';
import { aliasesOf } from '../engine/aliases.js';
import { executionWorkflow } from './execution-workflow.js';
import { exitsObject } from './exits-object.js';
import { gateObject } from './gate-object.js';
import { guardedObject } from './guarded-object.js';
import type { ArchivedExecution } from './kept.js';
import { limitsObject } from './limits-object.js';
import { logObject } from './log-object.js';
import { advisoriesObject, ledgerObject } from './objects.js';
import { pagesObject } from './pages-object.js';
import { askForSweep } from './start-sweep-call.js';
import { sweepsObject } from './sweeps-object.js';
import { directoryObject, symbolsObject } from './symbols-object.js';
import { logTo } from './worker-log.js';
import { type WorkerMetrics, type WorkerPartsOptions, workerParts } from './worker-parts.js';

/** What {@link openWorker} is made from. @beta @since 0.1.0 */
export interface WorkerOptions extends WorkerPartsOptions {
  /** TCP port; 0 for any free one. */
  readonly port: number;
  /** Address to listen on; loopback by default, since Restate's protocol has no passwords. */
  readonly host?: string | undefined;
  /**
   * Takes the records of an execution before they go, `recordsKeptMs` after its end. They stay until it resolves; it may be
   * called twice for one run.
   */
  readonly archive?: ((gone: ArchivedExecution) => Promise<void>) | undefined;
}

/** A worker that listens. @beta @since 0.1.0 */
export interface RestateWorker {
  /** `http://host:port`, to be registered with Restate. */
  readonly url: string;
  readonly metrics: Readonly<WorkerMetrics>;
  /** Stops taking work, and lets go of what is under way: another worker takes it over. */
  close(): Promise<void>;
}

/** Opens a worker: it listens, and reads the gate from then on. Rejects when the port is taken. @beta @since 0.1.0 */
export async function openWorker(options: WorkerOptions): Promise<RestateWorker> {
  const parts = workerParts(options);
  const services = [
    executionWorkflow(parts),
    exitsObject(parts),
    gateObject(aliasesOf(options.broker)),
    symbolsObject,
    directoryObject,
    limitsObject(parts),
    advisoriesObject({ ...parts, archive: options.archive }),
    ledgerObject,
    logObject(parts.settings),
    pagesObject,
    guardedObject,
    sweepsObject(parts),
  ];
  const server = http2.createServer(createEndpointHandler({ services, logger: logTo(parts.logger) }));
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  const { host = '127.0.0.1', port } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const giveUpSweep = askForSweep(parts.ingress, parts.clock);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host}:${bound}`,
    metrics: parts.metrics,
    async close() {
      giveUpSweep();
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await parts.close();
    },
  };
}
