/**
 * Restate, workers, a proxy and a broker as processes of their own, on loopback.
 *
 * 1. Everything that was started is ended with `close`, frozen processes included.
 * 2. One address for all workers: Restate knows one, and HAProxy spreads over those that answer HTTP/2.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitOptions } from 'fillchart';
import { systemClock } from '../../src/adapters/system-clock.js';
import { type RestateFront, registerDeployment, restateFront } from '../../src/restate/index.js';
import type { HostSettings } from '../../src/restate/settings.js';
import { type Direction, type Relay, relay } from './relay.js';

const SERVER = '.tmp/restate/node_modules/@restatedev/restate-server-linux-x64/bin/restate-server';
export const INGRESS = 'http://127.0.0.1:8080';
const ADMIN = 'http://127.0.0.1:9070';
export const BROKER = 'http://127.0.0.1:9300';
const PROXY = 'http://127.0.0.1:9080';

interface LabOrder {
  readonly clientOrderId: string;
  readonly state: string;
  readonly at: number;
  readonly filledAt?: number;
  readonly cancelledAt?: number;
  /** Mark of the worker that sent it. */
  readonly by?: string;
}

export interface LabState {
  readonly orders: readonly LabOrder[];
  readonly exits: readonly { readonly clientOrderId: string; readonly at: number; readonly by?: string }[];
  readonly log: readonly { readonly what: string; readonly clientOrderId: string; readonly at: number }[];
}

export interface ClusterOptions {
  readonly workers: number;
  readonly settings?: Partial<HostSettings>;
  readonly limits?: LimitOptions;
  /** The negative control: the fence cannot tell attempts apart. */
  readonly unfenced?: boolean;
  /** The guard of the chart that throws in every worker. */
  readonly breaks?: string;
  /** The first worker stops between the call for its first order and the first byte; `plain`: nothing holds the order back. */
  readonly stops?: 'timed' | 'plain';
  /** The first worker hangs on wires that can be cut. */
  readonly wired?: boolean;
  /** Servers of Restate, one by default; three keep everything twice. */
  readonly servers?: 1 | 3;
}

/** Between the first worker and whom. */
export type Wire = 'restate' | 'ingress' | 'broker';

/** What does not get through, of the first worker: the other way is open. */
export const ONE_WAY = {
  'from the worker to the server': [
    ['restate', 'back'],
    ['ingress', 'there'],
  ],
  'from the server to the worker': [
    ['restate', 'there'],
    ['ingress', 'back'],
  ],
  'from the worker to the broker': [['broker', 'there']],
  'from the broker to the worker': [['broker', 'back']],
} as const satisfies Readonly<Record<string, readonly (readonly [Wire, Direction])[]>>;
export type OneWay = keyof typeof ONE_WAY;

export interface Cluster {
  readonly front: RestateFront;
  /** Kills with SIGKILL and starts a new one in its place. */
  restartWorker(index: number): Promise<void>;
  freezeWorker(index: number, ms: number): Promise<void>;
  /** Resolves when it stands still. */
  hasStopped(index: number): Promise<void>;
  /** Lets one go on that has stopped. */
  thawWorker(index: number): void;
  killServer(index?: number): void;
  /** Starts it, and waits until it serves. */
  startServer(index?: number): Promise<void>;
  freezeServer(ms: number, index?: number): Promise<void>;
  /** Cuts one wire of the first worker for a while. */
  cut(wire: Wire, ms: number): Promise<void>;
  /** Cuts one way of it alone. */
  cutOneWay(way: OneWay, ms: number): Promise<void>;
  /** Starts a worker of another version, with this mark, and registers it under an address of its own. */
  startVersion(mark: string): Promise<void>;
  /** Kills all workers that were there from the start. */
  killWorkers(): Promise<void>;
  /** Invocations that must still end on the first version. */
  undrained(): Promise<number>;
  /** Asks Restate's own tables. */
  query<Row>(sql: string): Promise<readonly Row[]>;
  broker(settings: Readonly<Record<string, unknown>>): Promise<void>;
  state(): Promise<LabState>;
  close(): Promise<void>;
}

/** Of the deployment behind the proxy, which was the first. */
const UNDRAINED = `SELECT count(*) AS left FROM sys_invocation i JOIN sys_deployment d ON i.pinned_deployment_id = d.id
  WHERE d.endpoint LIKE '${PROXY}%' AND i.status <> 'completed'`;

async function query<Row>(sql: string): Promise<readonly Row[]> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await fetch(`${ADMIN}/query`, { method: 'POST', headers, body: JSON.stringify({ query: sql }) });
  if (!answer.ok) throw new Error(await answer.text());
  return ((await answer.json()) as { readonly rows: readonly Row[] }).rows;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** The letter of `/proc/PID/stat`: `T` is stopped. */
const processState = (pid = 0): string | undefined => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];

async function until(what: string, isTrue: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const endsAt = Date.now() + limitMs;
  while (Date.now() < endsAt) {
    if (await isTrue().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`${what}: not within ${limitMs} ms`);
}

export async function cluster(options: ClusterOptions): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-scale-'));
  const started = new Set<ChildProcess>();

  function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    child.stdout?.resume();
    child.stderr?.resume();
    started.add(child);
    child.on('exit', () => started.delete(child));
    return child;
  }

  const ended = (child: ChildProcess): Promise<void> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once('exit', () => resolve()));

  const servers: ChildProcess[] = [];
  const count = options.servers ?? 1;
  function launchServer(index: number): void {
    // What a killed server leaves of its temporary files goes with the folder.
    const env = { ...SERVER_ENV, ...(count > 1 && memberEnv(index)), TMPDIR: folder };
    servers[index] = start(SERVER, ['--base-dir', join(folder, `restate-${index}`), '--no-logo'], env);
  }
  async function startServer(index = 0): Promise<void> {
    launchServer(index);
    const isServing = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).ok;
    await until(
      'Restate',
      async () => (await isServing(9070 + index, '/health')) && (await isServing(8080 + index, '/restate/health')),
      60_000,
    );
  }
  const wires: Partial<Record<Wire, Relay>> = {};

  const ingressUrl = count === 1 ? INGRESS : 'http://127.0.0.1:8180';
  const portOf = (index: number): number => 9081 + index;
  function startWorker(index: number, mark = 'old'): ChildProcess {
    const { settings = {}, unfenced, limits, breaks, stops } = options;
    const fence = unfenced === true ? 'unfenced' : 'fenced';
    const isWired = options.wired === true && index === 0;
    const ways = [isWired ? 'http://127.0.0.1:8280' : ingressUrl, isWired ? 'http://127.0.0.1:9400' : BROKER];
    const limited = limits === undefined ? [] : [JSON.stringify(limits)];
    return start(process.execPath, [WORKER, `${portOf(index)}`, ...ways, JSON.stringify(settings), fence, ...limited], {
      LAB_MARK: mark,
      ...(breaks !== undefined && { LAB_BREAKS: breaks }),
      ...(stops !== undefined && index === 0 && { LAB_STOPS: stops }),
    });
  }

  async function close(): Promise<void> {
    for (const child of started) {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
    await Promise.all([...Object.values(wires).map((wire) => wire.close()), ...[...started].map(ended)]);
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    return await opened();
  } catch (error) {
    await close();
    throw error;
  }

  async function opened(): Promise<Cluster> {
    start(process.execPath, ['test/scale/lab/broker.mjs', '9300']);
    await until('the broker', async () => (await fetch(`${BROKER}/state`)).ok);
    for (let index = 1; index < count; index += 1) launchServer(index);
    await startServer(0);
    if (options.wired === true) {
      wires.restate = await relay(9181, 9081);
      wires.ingress = await relay(8280, count === 1 ? 8080 : 8180);
      wires.broker = await relay(9400, 9300);
    }
    const workers = Array.from({ length: options.workers }, (_, index) => startWorker(index));
    // The proxy would take one that does not listen yet for down, and the others would get everything.
    await until('all workers', async () =>
      (await Promise.all(workers.map((_, i) => isListening(portOf(i))))).every(Boolean),
    );
    writeFileSync(
      join(folder, 'haproxy.cfg'),
      proxyConfig(workers.map((_, index) => (options.wired === true && index === 0 ? 9181 : portOf(index)))),
    );
    start('haproxy', ['-f', join(folder, 'haproxy.cfg')]);
    if (workers.length > 0)
      await until('the workers', async () => {
        await registerDeployment(ADMIN, PROXY);
        return true;
      });

    return {
      front: restateFront({
        ingressUrl,
        clock: systemClock(),
        ...(options.settings && { settings: options.settings }),
      }),
      async restartWorker(index) {
        const child = workers[index];
        if (child === undefined) return;
        child.kill('SIGKILL');
        await ended(child);
        const next = startWorker(index);
        workers[index] = next;
        await until(`worker ${index}`, () => isListening(portOf(index)));
      },
      async freezeWorker(index, ms) {
        workers[index]?.kill('SIGSTOP');
        await pause(ms);
        workers[index]?.kill('SIGCONT');
      },
      hasStopped: (index) => until(`worker ${index} at a stop`, async () => processState(workers[index]?.pid) === 'T'),
      thawWorker: (index) => void workers[index]?.kill('SIGCONT'),
      killServer: (index = 0) => void servers[index]?.kill('SIGKILL'),
      startServer,
      async freezeServer(ms, index = 0) {
        servers[index]?.kill('SIGSTOP');
        await pause(ms);
        servers[index]?.kill('SIGCONT');
      },
      async cut(wire, ms) {
        wires[wire]?.cut();
        await pause(ms);
        wires[wire]?.mend();
      },
      async cutOneWay(way, ms) {
        for (const [wire, direction] of ONE_WAY[way]) wires[wire]?.cut(direction);
        await pause(ms);
        for (const [wire] of ONE_WAY[way]) wires[wire]?.mend();
      },
      async startVersion(mark) {
        const index = workers.length + 1;
        startWorker(index, mark);
        await until(`the worker ${mark}`, async () => {
          await registerDeployment(ADMIN, `http://127.0.0.1:${portOf(index)}`);
          return true;
        });
      },
      async killWorkers() {
        for (const child of workers) child.kill('SIGKILL');
        await Promise.all(workers.map(ended));
      },
      async undrained() {
        const rows = await query<{ readonly left: number }>(UNDRAINED);
        return rows[0]?.left ?? 0;
      },
      query,
      async broker(settings) {
        await fetch(`${BROKER}/settings`, { method: 'POST', body: JSON.stringify(settings) });
      },
      state: async () => (await (await fetch(`${BROKER}/state`)).json()) as LabState,
      close,
    };
  }
}

const WORKER = 'test/scale/lab/worker.mjs';

/** Takes over a frozen worker within seconds: with the defaults it would take more than a minute. */
const SERVER_ENV: Readonly<Record<string, string>> = {
  RESTATE_INGRESS__BIND_ADDRESS: '127.0.0.1:8080',
  RESTATE_ADMIN__BIND_ADDRESS: '127.0.0.1:9070',
  RESTATE_BIND_ADDRESS: '127.0.0.1:5122',
  RESTATE_DISABLE_TELEMETRY: 'true',
  RESTATE_WORKER__INVOKER__HTTP2_KEEP_ALIVE_INTERVAL: '2s',
  RESTATE_WORKER__INVOKER__HTTP2_KEEP_ALIVE_TIMEOUT: '2s',
  RESTATE_WORKER__INVOKER__CONNECT_TIMEOUT: '1s',
  // A life that waits counts too: with 1,000, the default, as many lives would keep every reading of the gate out.
  RESTATE_WORKER__INVOKER__CONCURRENT_INVOCATIONS_LIMIT: '20000',
  RESTATE_LOG_FILTER: 'warn',
};

/** One of three: everything is kept twice, so that one may be away. */
const memberEnv = (index: number): Readonly<Record<string, string>> => ({
  RESTATE_CLUSTER_NAME: 'scale',
  RESTATE_NODE_NAME: `n${index + 1}`,
  RESTATE_AUTO_PROVISION: index === 0 ? 'true' : 'false',
  RESTATE_DEFAULT_REPLICATION: '2',
  RESTATE_METADATA_CLIENT__ADDRESSES: '["http://127.0.0.1:5122","http://127.0.0.1:5222","http://127.0.0.1:5322"]',
  RESTATE_BIND_ADDRESS: `127.0.0.1:5${index + 1}22`,
  RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:5${index + 1}22`,
  RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${8080 + index}`,
  RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${9070 + index}`,
});

const proxyConfig = (ports: readonly number[]): string => `
global
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 120s
  timeout server 120s
  retries 0
frontend workers
  bind 127.0.0.1:9080 proto h2
  default_backend workers
backend workers
  balance leastconn
  option httpchk
  http-check connect proto h2
  http-check send meth GET uri /health ver HTTP/2 hdr host worker
  default-server inter 500ms fastinter 200ms downinter 500ms fall 2 rise 1 proto h2 check on-marked-down shutdown-sessions
${ports.map((port, index) => `  server w${index} 127.0.0.1:${port}`).join('\n')}
frontend ingress
  bind 127.0.0.1:8180
  default_backend servers
backend servers
  option httpchk GET /restate/health
  option redispatch
  default-server inter 500ms fastinter 200ms downinter 500ms fall 2 rise 1 check on-marked-down shutdown-sessions
  server n1 127.0.0.1:8080
  server n2 127.0.0.1:8081
  server n3 127.0.0.1:8082
`;
