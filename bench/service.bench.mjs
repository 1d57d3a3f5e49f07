/**
 * The service under load: requests at a fixed rate while many listen to the events (`npm run build` first).
 *
 * `node bench/service.bench.mjs --seconds 120 --rate 300 --posts 60 --listeners 1000 --stalled 10`
 *
 * 1. The service is a process of its own, with a journal in a file; its figures come from its own `/metrics`.
 * 2. Requests are sent when they are due, whether or not earlier ones have been answered: a slow service is not spared.
 * 3. Listeners read everything; the stalled ones read nothing.
 * 4. `--profile <folder>` writes a CPU profile of the service's process alone.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TICKS_PER_SECOND = 100;
const number = (fallback) => ({ type: 'string', default: String(fallback) });
const { values } = parseArgs({
  options: {
    seconds: number(120),
    rate: number(300),
    posts: number(60),
    listeners: number(1_000),
    stalled: number(10),
    profile: { type: 'string' },
  },
});
const [seconds, rate, posts, listeners, stalled] = ['seconds', 'rate', 'posts', 'listeners', 'stalled'].map((name) =>
  Number(values[name]),
);

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fillchart-bench-'));
const profiled = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
const serve = ['serve', '--port', '0', '--journal', join(folder, 'bench.db')];
const child = spawn(process.execPath, [...profiled, main, ...serve], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
const port = await new Promise((resolve, reject) => {
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const found = /:(\d+)\//.exec(text);
    if (found !== null) resolve(Number(found[1]));
  });
  child.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
});
while ((await call('GET', '/readyz').catch(() => ({ status: 0 }))).status !== 200) await pause(50);

let heardBytes = 0;
const sockets = [];
for (let index = 0; index < listeners + stalled; index += 1) {
  sockets.push(await listen(index >= listeners));
}
const before = await figures();
const agent = agentOf();
const latencies = { POST: [], GET: [] };
const statuses = {};
const pending = new Set();
const memory = [];
let [sent, worstLoop] = [0, 0];
const begun = performance.now();
const GETS = ['/v1/executions?limit=50', '/v1/positions?limit=50', '/v1/kill-switches', '/v1/cases', '/readyz'];

while (performance.now() - begun < seconds * 1_000) {
  const due = Math.floor(((performance.now() - begun) / 1_000) * rate);
  for (; sent < due; sent += 1) {
    const isPost = sent % rate < posts;
    const one = timed(
      isPost ? 'POST' : 'GET',
      isPost ? '/v1/executions' : GETS[sent % GETS.length],
      isPost ? advisory(sent) : undefined,
    );
    pending.add(one);
    one.finally(() => pending.delete(one));
  }
  if (sent % (rate * 5) < rate / 20) {
    const now = await figures();
    memory.push(now.rss);
    worstLoop = Math.max(worstLoop, now.loopMax);
  }
  await pause(5);
}
await Promise.all(pending);
const after = await figures();
const took = (performance.now() - begun) / 1_000;
const mb = (bytes) => `${(bytes / 1_048_576).toFixed(0)} MB`;
const ms = (all, share) =>
  `${(all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0).toFixed(1)} ms`;
print(
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}; client and service on this machine`,
);
print(
  `${sent} requests in ${took.toFixed(0)} s (${(sent / took).toFixed(0)}/s, ${posts} of ${rate} submit), ${listeners} listeners, ${stalled} stalled`,
);
for (const method of ['POST', 'GET'])
  print(
    `${method}: p50 ${ms(latencies[method], 0.5)}, p99 ${ms(latencies[method], 0.99)}, max ${ms(latencies[method], 1)}`,
  );
print(`answers: ${JSON.stringify(statuses)}`);
print(
  `events: ${(heardBytes / 1_048_576 / took).toFixed(1)} MB/s to all listeners together; ${after.listeners} listen at the end, ${after.dropped} dropped`,
);
print(
  `service: resident ${mb(before.rss)} before, ${mb(Math.max(...memory, after.rss))} at most, ${mb(after.rss)} after; event loop at most ${(worstLoop * 1_000).toFixed(0)} ms, p99 ${(after.loopP99 * 1_000).toFixed(0)} ms`,
);
print(
  `CPU: service ${(after.cpu - before.cpu).toFixed(1)} s (${(((after.cpu - before.cpu) / sent) * 1_000).toFixed(2)} ms a request, events to all listeners included); load of the machine ${loadavg()[0].toFixed(1)} at the end`,
);
for (const socket of sockets) socket.destroy();
agent.destroy();
child.kill('SIGTERM');
await new Promise((resolve) => child.once('exit', resolve));

function listen(isStalled) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      if (isStalled) socket.pause();
      else socket.on('data', (chunk) => (heardBytes += chunk.length));
      resolve(socket);
    });
    socket.on('error', () => undefined);
  });
}

async function timed(method, path, body) {
  const at = performance.now();
  const { status } = await call(method, path, body).catch(() => ({ status: 'cut' }));
  latencies[method].push(performance.now() - at);
  statuses[status] = (statuses[status] ?? 0) + 1;
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const asked = request(
      { host: '127.0.0.1', port, method, path, headers, agent: globalThis.agent ?? agentOf() },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function agentOf() {
  globalThis.agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return globalThis.agent;
}

async function figures() {
  const { text } = await call('GET', '/metrics');
  const read = (name) => Number(new RegExp(`^${name} ([\\d.e+-]+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    rss: read('process_resident_memory_bytes'),
    cpu: cpuSeconds(child.pid),
    loopMax: read('fillchart_event_loop_delay_seconds\\{quantile="1"\\}'),
    loopP99: read('fillchart_event_loop_delay_seconds\\{quantile="0.99"\\}'),
    listeners: read('fillchart_event_listeners'),
    dropped: read('fillchart_event_listeners_dropped_total'),
  };
}

/** User and system time of a process, from Linux' own count; 0 elsewhere. */
function cpuSeconds(pid) {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return 0;
  const [user, system] = readFileSync(stat, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

function advisory(index) {
  return {
    advisoryId: `B-${index}`,
    symbol: `S${index % 500}`,
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '10',
    expirationTimestamp: '2099-01-01T00:00:00Z',
  };
}

function pause(delayMs) {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
