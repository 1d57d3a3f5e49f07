/**
 * A long run: does anything grow, drift, or stay behind?
 *
 *   npm run soak -- --hours 24              so many simulated hours of mixed load, on the virtual clock
 *   npm run soak -- --real --minutes 20     in real time, at half of what the machine can do when it begins
 *   npm run soak -- --real --rate 25        the same at so many a second: where others use the machine, half of it is no fixed figure
 *
 * 1. The load is mixed: orders that fill and whose exits fill later, that never fill and are cancelled at T = 30 s, that are
 *    rejected, that a kill switch cancels. The journal is in SQLite, the broker in memory.
 * 2. At the end all is quiet, and what is left is counted: executions, watched orders, open positions, timers. Anything left is
 *    a failure, exit code 1; so is a heap that grows by more than 200 B with each execution that is over.
 * 3. What an hour or a minute came to is one line, so that a trend can be seen.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { advisory, instantBroker } from './lib/instant-broker.mjs';
import { inWords, machine } from './lib/machine.mjs';
import { atOnce, heapUsed } from './lib/measuring.mjs';
import { createEngine, loadDriver, sqliteJournal, virtualClock } from './lib/package.mjs';
import { quantile } from './lib/samples.mjs';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    real: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '20' },
    apart: { type: 'string', default: '10' },
    rate: { type: 'string' },
  },
});

const GROWTH_LIMIT_B = 200;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** What the engine needs to come to rest: the late window, and a look at the exits. */
const REST_MS = 3 * MINUTE_MS;
/** In real time, while the capacity is measured: a position is closed long before its symbol comes again. */
const MOST_SYMBOLS = 20_000;
/** Afterwards a symbol comes again after so long: what is kept of a symbol, and not of an execution, grows no more from then on. */
const SYMBOL_AGAIN_S = 60;

process.stdout.write(`${inWords(machine((await loadDriver()).sqliteVersion))}\n`);
mkdirSync('.tmp', { recursive: true });
const folder = mkdtempSync(join('.tmp', 'long-run-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const faults = values.real ? await inRealTime(Number(values.minutes)) : await simulated(Number(values.hours));
process.stdout.write(faults.length === 0 ? 'nothing grew, nothing is left\n' : `${faults.join('\n')}\n`);
process.exit(faults.length === 0 ? 0 : 1);

/** One order in twenty is rejected, three never fill, the others do. */
function plan(ordinal) {
  if (ordinal % 20 === 7) return 'reject';
  return ordinal % 20 === 3 || ordinal % 20 === 11 || ordinal % 20 === 17 ? 'never' : 'fill';
}

/** In real time fewer wait: each of them is in flight for thirty seconds, and no measure of the capacity. */
function planInRealTime(ordinal) {
  if (ordinal % 20 === 7) return 'reject';
  return ordinal % 100 === 3 ? 'never' : 'fill';
}

async function simulated(hours) {
  const apartMs = Number(values.apart) * 1_000;
  const clock = virtualClock();
  const broker = instantBroker({ exits: 'fill', plan, now: () => clock.monotonic() });
  const engine = await readyOn(clock, {
    broker,
    clock,
    journal: sqliteJournal({ path: join(folder, 'long-run.db') }),
    logger: false,
  });
  await clock.advance(REST_MS);
  const idleTimers = clock.pendingTimers;
  const ends = {};
  const points = [];
  let begun = 0;
  for (let hour = 1; hour <= hours; hour += 1) {
    const startedAt = performance.now();
    for (let at = 0; at < HOUR_MS; at += apartMs) {
      const execution = engine.start(advisory(begun, 100));
      begun += 1;
      execution.result.then(
        ({ status }) => count(ends, status),
        () => count(ends, 'closed'),
      );
      if (at === HOUR_MS / 2) await switchedOnAndOff(engine, clock);
      await clock.advance(apartMs);
    }
    broker.forgetOver();
    const heap = await heapUsed();
    points.push([begun, heap]);
    const { live, watchedOrders } = engine.metrics();
    const open = engine.positions().filter(({ isOpen }) => isOpen).length;
    line(`hour ${hour}`, {
      executions: begun,
      'heap MB': mb(heap),
      live,
      watchedOrders,
      open,
      timers: clock.pendingTimers,
      'real s': seconds(startedAt),
    });
  }
  await clock.advance(REST_MS);
  return judged({ engine, ends, points, timers: clock.pendingTimers - idleTimers });
}

/** GLOBAL with whatever is in flight, a minute long. */
async function switchedOnAndOff({ killSwitch }, clock) {
  const set = killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'long run', by: 'bench' });
  await clock.advance(MINUTE_MS);
  await set;
  const release = killSwitch.release({ type: 'GLOBAL', by: 'bench', reason: 'long run' });
  await clock.advance(1_000);
  await release;
}

async function readyOn(clock, options) {
  let engine;
  createEngine(options).then((ready) => {
    engine = ready;
  });
  while (engine === undefined) await clock.settle();
  return engine;
}

async function inRealTime(minutes) {
  const calledAt = new Map();
  const sendMs = [];
  const broker = instantBroker({
    exits: 'fill',
    plan: planInRealTime,
    batch: true,
    onSubmit: ({ symbol }) => sendMs.push(performance.now() - (calledAt.get(symbol) ?? performance.now())),
  });
  const journal = sqliteJournal({ path: join(folder, 'long-run.db') });
  const engine = await createEngine({
    broker,
    journal,
    logger: false,
    exitPollIntervalMs: 1_000,
    maxConcurrent: 10_000,
  });
  const ends = {};
  let begun = 0;
  let symbols = MOST_SYMBOLS;
  const start = () => {
    const one = advisory(begun, symbols);
    begun += 1;
    calledAt.set(one.symbol, performance.now());
    return engine.execute(one).then(
      ({ status }) => count(ends, status),
      () => count(ends, 'closed'),
    );
  };
  const perSecond = await capacity(start);
  const rate = values.rate === undefined ? perSecond / 2 : Number(values.rate);
  symbols = Math.ceil(rate * SYMBOL_AGAIN_S);
  process.stdout.write(`capacity ${perSecond.toFixed(0)} lives/s; running at ${rate.toFixed(0)}/s\n`);
  const points = [];
  const from = performance.now();
  let due = from;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    sendMs.length = 0;
    let driftMs = 0;
    while (due < from + minute * MINUTE_MS) {
      driftMs = Math.max(driftMs, performance.now() - due);
      void start();
      due += 1_000 / rate;
      if (due > performance.now()) await sleep(due - performance.now());
      else if (begun % 50 === 0) await sleep(0);
    }
    delay.disable();
    broker.forgetOver();
    const heap = await heapUsed();
    points.push([begun, heap]);
    const { live, watchedOrders } = engine.metrics();
    const figures = {
      executions: begun,
      'heap MB': mb(heap),
      live,
      watchedOrders,
      'delay p99 ms': (delay.percentile(99) / 1e6 - 1).toFixed(1),
    };
    line(`minute ${minute}`, {
      ...figures,
      'send p50 ms': quantile(sendMs, 0.5).toFixed(2),
      'send p99 ms': quantile(sendMs, 0.99).toFixed(2),
      'drift ms': driftMs.toFixed(0),
    });
  }
  // The late window of the last orders, and whatever a busy machine is behind with.
  for (let second = 0; second < 120 && engine.metrics().live > 0; second += 1) await sleep(1_000);
  await sleep(3_000);
  return judged({ engine, ends, points, timers: 0 });
}

/** Lives a second with a hundred at once, of those that fill or are rejected: the others wait thirty seconds. */
async function capacity(start) {
  const from = performance.now();
  let done = 0;
  await Promise.race([
    atOnce({ width: 100, goesOn: () => performance.now() - from < 8_000 }, async () => {
      await Promise.race([start(), sleep(500)]);
      done += 1;
    }),
    sleep(10_000),
  ]);
  return (done / (performance.now() - from)) * 1_000;
}

function judged({ engine, ends, points, timers }) {
  const { live, waiting, watchedOrders, bookedExecutions, openCases, journalFailure } = engine.metrics();
  const open = engine.positions().filter(({ isOpen }) => isOpen).length;
  const left = {
    live,
    waiting,
    watchedOrders,
    bookedExecutions,
    openPositions: open,
    openCases,
    timers: Math.max(0, timers),
  };
  const kinds = {};
  for (const { kind } of engine.cases.open()) count(kinds, kind);
  line('ends', ends);
  if (openCases > 0) line('cases', kinds);
  line('left', left);
  const growth = slope(points.slice(Math.floor(points.length / 4)));
  process.stdout.write(`heap: ${growth.toFixed(0)} B more with each execution\n`);
  return [
    ...Object.entries(left).flatMap(([name, number]) => (number === 0 ? [] : [`left over: ${number} ${name}`])),
    ...(growth > GROWTH_LIMIT_B
      ? [`the heap grows by ${growth.toFixed(0)} B an execution; at most ${GROWTH_LIMIT_B} is accepted`]
      : []),
    ...(journalFailure === undefined ? [] : [`the journal failed: ${journalFailure}`]),
  ];
}

/** Of a straight line through the points, by least squares. */
function slope(points) {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / variance;
}

function count(ends, status) {
  ends[status] = (ends[status] ?? 0) + 1;
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(1);
}

function seconds(from) {
  return ((performance.now() - from) / 1_000).toFixed(1);
}

function line(name, figures) {
  const told = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  process.stdout.write(`${name}: ${told.join(', ')}\n`);
}
