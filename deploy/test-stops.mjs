/**
 * Runs the built service, ends it in both ways, and starts it again: `node deploy/test-stops.mjs` after `npm run build`.
 *
 * 1. SIGTERM with an execution under way: nothing new is taken, the execution ends, the process exits with 0 within the drain;
 *    the next start has its result.
 * 2. SIGTERM with an execution that outlives the drain, and SIGKILL: the next start goes on with it, under its own deadline.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fillchart-stops-'));
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

// AAPL fills after two seconds; MSFT has no price and waits.
const instruments = ['AAPL', 'MSFT'].map((symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }));
const paper = { instruments, quotes: { AAPL: '151.00' }, fillDelayMs: 2_000 };
const config = join(folder, 'fillchart.json');
writeFileSync(
  config,
  JSON.stringify({ port: 0, accounts: [{ name: 'paper', broker: 'paper', config: paper, journal: 'paper.db' }] }),
);

const first = await start('--drain', '30');
await submit(first, 'FILLS', 'AAPL', 202);
first.child.kill('SIGTERM');
await refused(first);
check((await first.ended) === 0, 'SIGTERM: the process exits with 0 when the live execution has ended');

const second = await start('--drain', '1');
check((await result(second, 'FILLS')) === 'FILLED', 'the next start has the result');
await submit(second, 'WAITS', 'MSFT', 202);
second.child.kill('SIGTERM');
check((await second.ended) === 0, 'SIGTERM: the process exits when the drain is over, whatever is live');

const third = await start();
check((await state(third, 'WAITS')).recorded === true, 'the next start goes on with what was live');
third.child.kill('SIGKILL');
check((await third.ended) === 'SIGKILL', 'SIGKILL ends it in the middle');

const fourth = await start();
check((await result(fourth, 'WAITS')) === 'FAILED_TIMEOUT', 'the next start ends it under its own deadline');
fourth.child.kill('SIGTERM');
check((await fourth.ended) === 0, 'an idle service exits at once');
process.stdout.write('both ways of stopping are as they should be\n');

async function start(...more) {
  const child = spawn(process.execPath, [main, 'serve', '--config', config, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  child.once('exit', () => running.delete(child));
  let text = '';
  const address = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      const found = /at (http:\S+)\//.exec(text);
      if (found !== null) resolve(found[1]);
    });
    ended.then((how) => reject(new Error(`the service ended with ${how}`)));
  });
  await until(async () => (await fetch(`${address}/readyz`)).ok, 'ready');
  return { child, ended, address };
}

async function submit({ address }, advisoryId, symbol, wanted) {
  const body = {
    advisoryId,
    symbol,
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '10',
    expirationTimestamp: '2099-01-01T00:00:00Z',
  };
  const { status } = await fetch(`${address}/v1/executions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  check(status === wanted, `${advisoryId} is answered with ${wanted}`);
}

/** New ones are refused with 503 while the service goes down. */
async function refused(service) {
  await until(async () => (await fetch(`${service.address}/readyz`)).status === 503, 'going down');
  await submit(service, 'LATE', 'AAPL', 503);
}

async function state({ address }, id) {
  return (await fetch(`${address}/v1/executions/${id}`)).json();
}

async function result({ address }, id) {
  return (await (await fetch(`${address}/v1/executions/${id}?wait=result`)).json()).status;
}

async function until(holds, what) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the service is not ${what} after 30 s`);
}

function check(holds, sentence) {
  process.stdout.write(`${holds ? '✓' : '✗'} ${sentence}\n`);
  if (!holds) process.exit(1);
}
