/**
 * One whole life – checked, sent, filled, protected, reconciled – on the journal in memory, beside a hand-written loop that makes
 * the same broker calls and beside a bare XState actor of the same chart that is sent the same facts.
 */
import { performance } from 'node:perf_hooks';
import { createActor } from 'xstate';
import { advisory, instantBroker } from '../lib/instant-broker.mjs';
import { atOnce, spending, timed } from '../lib/measuring.mjs';
import { createEngine, executionMachine, memoryJournal } from '../lib/package.mjs';
import { figure, quantile } from '../lib/samples.mjs';
import { inTurns } from '../lib/turns.mjs';

export const title = 'Life cycle on the journal in memory';
export const of = 'what runs';
export const notes = [
  'The hand-written loop makes the same seven broker calls, reckons SL and TP and keeps the result; it records nothing, survives nothing, and checks little.',
  'The bare actor is the chart alone: the facts of one recorded life, sent to `createActor(executionMachine)`.',
  'CPU is that of the whole process, garbage collection and compilation included.',
  'Each engine lives through all rounds, as in a service, and has executed some thousand lives before the first: while the code is new, a life costs two to four times as much.',
];

const AT_ONCE = 100;

export async function run({ full, rounds }) {
  const forMs = full ? 5_000 : 1_000;
  const facts = await factsOfOneLife();
  const [many, single] = [await warmEngine(AT_ONCE), await warmEngine(1)];
  const kinds = {
    'engine, 100 at once': () => engineLives(forMs, many),
    'engine, one at a time': () => engineLives(forMs, single),
    'hand-written loop, 100 at once': () => handWrittenLives(forMs),
    'bare XState actor': () => bareLives(forMs, facts),
  };
  const samples = await inTurns(kinds, { rounds, full });
  await many.engine.close();
  await single.engine.close();
  const by = samples['hand-written loop, 100 at once'];
  const bare = samples['bare XState actor'];
  const row = ([name, measured]) => ({
    name,
    figures: {
      'lives/s': figure(measured.map(({ perSecond }) => perSecond)),
      'CPU ms a life': figure(measured.map(({ cpuMs }) => cpuMs)),
      '× hand-written': figure(measured.map(({ cpuMs }, round) => cpuMs / by[round].cpuMs)),
      '× bare actor': figure(measured.map(({ cpuMs }, round) => cpuMs / bare[round].cpuMs)),
      ...(measured[0].sendMs && {
        'execute → submit p50 ms': figure(measured.map(({ sendMs }) => quantile(sendMs, 0.5))),
        'p99 ms': figure(measured.map(({ sendMs }) => quantile(sendMs, 0.99))),
      }),
    },
  });
  return { rows: Object.entries(samples).map(row) };
}

/** Lives before the first measurement, or so much CPU: from here on a life costs the same (docs/performance.md). */
const WARM_LIVES = 6_000;
const WARM_MS = 12_000;

async function warmEngine(width) {
  const broker = instantBroker();
  const engine = await createEngine({ broker, journal: memoryJournal(), logger: false });
  const running = { width, broker, engine, begun: 0 };
  await atOnce({ width, goesOn: spending(WARM_MS), most: WARM_LIVES }, () => oneLife(running));
  return running;
}

async function oneLife(running) {
  const index = running.begun;
  running.begun += 1;
  const { status } = await running.engine.execute(advisory(index));
  if (status !== 'FILLED') throw new Error(`a life ended ${status}`);
}

async function engineLives(forMs, running) {
  const { width, broker } = running;
  const calledAt = [];
  broker.forgetOver();
  const work = () =>
    atOnce({ width, goesOn: spending(forMs) }, () => {
      calledAt.push(performance.now());
      return oneLife(running);
    });
  const { value: lives, wallMs, cpuMs } = await timed(work, { collect: false });
  const sendMs = width === 1 ? { sendMs: broker.times.submits.map((at, index) => at - calledAt[index]) } : {};
  return { perSecond: (lives / wallMs) * 1_000, cpuMs: cpuMs / lives, ...sendMs };
}

async function handWrittenLives(forMs) {
  const broker = instantBroker();
  const results = new Map();
  const {
    value: lives,
    wallMs,
    cpuMs,
  } = await timed(
    () =>
      atOnce({ width: AT_ONCE, goesOn: spending(forMs) }, async (index) =>
        results.set(index, await handWritten(broker, advisory(index), index)),
      ),
    { collect: false },
  );
  return { perSecond: (lives / wallMs) * 1_000, cpuMs: cpuMs / lives };
}

const DEADLINE_MS = 30_000;

/** What one would write in an afternoon: the order of calls is the engine's. */
async function handWritten(broker, { advisoryId, symbol, positionSize, slOffsetPct, tpOffsetPct }, index) {
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), DEADLINE_MS);
  try {
    const { signal } = abort;
    const { tickSize } = await broker.instrument(symbol, signal);
    const [before] = await broker.getPositions([symbol], signal);
    const clientOrderId = `hw-${index}`;
    const order = { clientOrderId, symbol, side: 'buy', quantity: positionSize, orderType: 'MARKET' };
    const { kind, brokerOrderId } = await broker.submitOrder(order, signal);
    if (kind !== 'accepted') return { advisoryId, status: 'REJECTED' };
    const ref = { clientOrderId, brokerOrderId, symbol };
    let report = await broker.getOrderStatus(ref, signal);
    while (report.state !== 'filled') report = await broker.getOrderStatus(ref, signal);
    const onTick = (price) => (Math.round(price / Number(tickSize)) * Number(tickSize)).toFixed(2);
    const fillPrice = Number(report.fillPrice);
    const stopLoss = onTick(fillPrice * (1 + Number(slOffsetPct)));
    const takeProfit = onTick(fillPrice * (1 + Number(tpOffsetPct)));
    const exits = { ...ref, side: 'sell', quantity: report.filledSize, stopLoss, takeProfit };
    const legs = await broker.placeProtection(exits, signal);
    const again = await broker.getOrderStatus(ref, signal);
    const [after] = await broker.getPositions([symbol], signal);
    const isMatched = again.filledSize === report.filledSize && after.size !== before.size;
    return { advisoryId, status: 'FILLED', brokerOrderId, fillPrice, stopLoss, takeProfit, legs, isMatched };
  } finally {
    clearTimeout(deadline);
  }
}

async function factsOfOneLife() {
  const journal = memoryJournal();
  const engine = await createEngine({ broker: instantBroker(), journal, logger: false });
  await engine.execute(advisory(0));
  await engine.close();
  const records = await journal.open();
  return records.filter(({ stream }) => stream === 'execution').map(({ fact }) => fact);
}

async function bareLives(forMs, facts) {
  const { value: lives, wallMs, cpuMs } = await timed(bare, { collect: false });
  async function bare() {
    const goesOn = spending(forMs);
    let life = 0;
    for (; goesOn(); life += 1) {
      const actor = createActor(executionMachine, { input: facts[0].advisory });
      actor.start();
      for (const fact of facts) actor.send(fact);
      if (actor.getSnapshot().context.result?.status !== 'FILLED') throw new Error('the bare chart did not end FILLED');
      actor.stop();
    }
    return life;
  }
  return { perSecond: (lives / wallMs) * 1_000, cpuMs: cpuMs / lives };
}
