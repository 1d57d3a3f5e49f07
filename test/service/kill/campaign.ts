/**
 * Kills a service again and again under load, with clients that send again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { createClient } from 'fillchart/client';
import { rolldown } from 'rolldown';
import { advisoryOf } from '../../crash/advisories.js';
import type { BrokerTruth } from '../../crash/broker.process.js';
import { startBroker } from '../../crash/processes.js';
import type { ServiceRun } from './service.process.js';

interface KillSetting {
  /** The folder of the project. */
  readonly root: string;
  readonly kills: number;
  readonly seed: number;
  /** Times as fast as real time. */
  readonly speed: number;
  /** Advisories that are sent at a time. */
  readonly clients: number;
}

interface KillOutcome {
  readonly kills: number;
  readonly advisories: number;
  /** Statuses, each with how often it came. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What clients were told and the journal, asked after the last start, does not say. */
  readonly differences: readonly string[];
  readonly truth: BrokerTruth;
}

/** Time between being ready, or the start, and the next kill, in real ms. */
const LEAST_LIFE_MS = 300;
const MOST_LIFE_MS = 2_000;
const EARLY_EACH = 3;
const RETRY_FOR_MS = 240_000;

export async function killCampaign({ root, kills, seed, speed, clients }: KillSetting): Promise<KillOutcome> {
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tmp', 'kill-'));
  const programs = await Promise.all([
    bundled(root, 'test/crash/broker.process.ts', join(folder, 'broker.mjs')),
    bundled(root, 'test/service/kill/service.process.ts', join(folder, 'service.mjs')),
  ]);
  const socket = join(folder, 's');
  const broker = await startBroker({ program: programs[0], socket, seed, speed, pace: 'quick' });
  const [port, begunAt] = [await freePort(), Date.now()];
  let child: ChildProcess | undefined;
  const start = (): void => {
    const startWall = begunAt + (Date.now() - begunAt) * speed;
    const run: ServiceRun = { journal: join(folder, 'journal.db'), socket, port, speed, startWall };
    child = spawn(process.execPath, [programs[1], JSON.stringify(run)], { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const kill = async (): Promise<void> => {
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await gone;
  };
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, retryForMs: RETRY_FOR_MS });
  const results = new Map<string, unknown>();
  let [next, isOver] = [0, false];

  async function oneClient(): Promise<void> {
    while (!isOver) {
      next += 1;
      const body = JSON.parse(JSON.stringify(advisoryOf(next))) as Parameters<typeof client.submitExecution>[0]['body'];
      const { result } = await client.submitExecution({ body, query: { wait: 'result' } });
      results.set(body.advisoryId, result);
    }
  }

  async function killing(): Promise<void> {
    for (let count = 0; count < kills; count += 1) {
      // Every third dies before it is ready: in the middle of its recovery.
      if (count % EARLY_EACH !== EARLY_EACH - 1) await ready(client);
      await realTime(LEAST_LIFE_MS + ((seed * 7_919 + count * 104_729) % (MOST_LIFE_MS - LEAST_LIFE_MS)));
      await kill();
      start();
    }
  }

  try {
    start();
    const all = Promise.all(Array.from({ length: clients }, oneClient));
    // A client that gives up ends the campaign: nobody waits for a service that cannot start.
    await Promise.race([all, killing()]);
    isOver = true;
    await all;
    // What clients know must be what the journal says, to whoever asks after one more death.
    await kill();
    start();
    const differences: string[] = [];
    for (const [advisoryId, told] of results) {
      const { result } = await client.getExecution({ params: { advisoryId } });
      if (JSON.stringify(result) !== JSON.stringify(told)) differences.push(advisoryId);
    }
    return { kills, advisories: results.size, statuses: counted(results), differences, truth: await broker.truth() };
  } finally {
    isOver = true;
    child?.kill('SIGKILL');
    broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ready(client: ReturnType<typeof createClient>): Promise<void> {
  while (!(await client.getReadiness()).ready) await realTime(20);
}

function counted(results: ReadonlyMap<string, unknown>): Record<string, number> {
  const statuses: Record<string, number> = {};
  for (const result of results.values()) {
    const { status = 'none' } = Object(result) as { status?: string };
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

const realTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function bundled(root: string, input: string, file: string): Promise<string> {
  const bundle = await rolldown({
    input: join(root, input),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'silent',
  });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
