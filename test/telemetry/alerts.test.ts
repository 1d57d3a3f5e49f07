/**
 * Every alert rule fires once: each by a fault that is staged, on the figures that the service then shows (promtool).
 *
 * 1. The figures are scraped from the service every 15 s of its clock, as Prometheus would.
 * 2. Control: on a quiet day none of them fires.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Journal } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { advisory, type Desk, type DeskSetting, desk, FILLS } from '../service/service.support.js';
import { passes, promTest, type Series, STEP_MS, scrape } from './prometheus.support.js';

const RULES = fileURLToPath(new URL('../../deploy/alerts.yml', import.meta.url));

interface Fault {
  readonly alert: string;
  readonly setting?: () => DeskSetting;
  /** Done after the first scrapes. */
  readonly act: (now: Desk) => unknown;
  /** Done before each scrape from then on. */
  readonly keep?: (now: Desk) => unknown;
  readonly minutes?: number;
}

const post = (now: Desk, id: string, differs: object = {}) =>
  now.post('/v1/executions', advisory(id, { expirationTimestamp: '2030-01-01T00:00:00Z', ...differs }));
const kill = (now: Desk, type = 'GLOBAL') => now.post('/v1/kill-switches', { type, reason: 'a drill' });

/** A journal that takes its time, or refuses, when it is told to. */
function moody(): { readonly journal: Journal; mood: { delay?: () => Promise<void>; fails?: boolean } } {
  const inner = memoryJournal();
  const mood: { delay?: () => Promise<void>; fails?: boolean } = {};
  const journal: Journal = {
    ...inner,
    async append(records) {
      if (mood.fails === true) throw new Error('no space left on device');
      await mood.delay?.();
      return inner.append(records);
    },
  };
  return { journal, mood };
}

const failing = moody();
const slow = moody();
const broker = { isLost: false };
const answers = { status: 503 };
const receiver = (status: number) => ({
  url: 'http://receiver.example/hook',
  secret: 'key',
  fetch: (async () => new Response('', { status })) as typeof fetch,
});

const realTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps the event loop for itself; the measure looks at it before and after. */
async function block(ms: number): Promise<void> {
  await realTime(25);
  const end = performance.now() + ms;
  while (performance.now() < end);
  await realTime(25);
}

/** A listener that never reads, while more is told than anything on the way can hold. */
async function stall(now: Desk): Promise<void> {
  const address = new URL(await now.service.app.listen({ port: 0, host: '127.0.0.1' }));
  const socket = connect(Number(address.port), '127.0.0.1');
  socket.pause();
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await realTime(300);
  const large = { note: 'x'.repeat(50_000) };
  for (let count = 0; count < 250; count += 1) {
    await post(now, `BIG-${count}`, { reasoningContext: large });
    if (count % 10 === 0) await realTime(5);
  }
  await now.clock.advance(1_000);
  socket.destroy();
}

const FAULTS: readonly Fault[] = [
  {
    alert: 'FillchartUnprotectedPosition',
    setting: () => ({ accounts: { paper: { ...FILLS, faults: { placeProtection: 'throw' } } } }),
    act: (now) => post(now, 'ONE'),
  },
  {
    alert: 'FillchartCaseOpen',
    setting: () => ({ accounts: { paper: { script: { ...FILLS.script, positionShown: '50' } } } }),
    act: (now) => post(now, 'ONE'),
  },
  {
    alert: 'FillchartCaseOld',
    setting: () => ({ accounts: { paper: { script: { ...FILLS.script, positionShown: '50' } } } }),
    act: async (now) => {
      await post(now, 'ONE');
      await now.clock.advance(3_650_000);
    },
  },
  { alert: 'FillchartKillSwitchActive', act: (now) => kill(now) },
  {
    alert: 'FillchartRiskLimitReached',
    setting: () => ({ account: { limits: { maxSubmitsPerMinute: 1 } } }),
    act: (now) => post(now, 'ONE'),
  },
  {
    alert: 'FillchartBrokerLost',
    setting: () => ({ accounts: { paper: { faults: { getPositions: () => (broker.isLost ? 'throw' : undefined) } } } }),
    act: () => {
      broker.isLost = true;
    },
  },
  {
    alert: 'FillchartJournalFailed',
    setting: () => ({ account: { journal: failing.journal } }),
    act: (now) => {
      failing.mood.fails = true;
      return post(now, 'ONE');
    },
  },
  {
    alert: 'FillchartNotReady',
    setting: () => ({ opened: false }),
    act: () => undefined,
  },
  { alert: 'FillchartDown', act: (now) => now.service.close() },
  {
    alert: 'FillchartSubmitUnknown',
    setting: () => ({ accounts: { paper: { faults: { submitOrder: 'throw' } } } }),
    act: (now) => post(now, 'ONE'),
  },
  {
    alert: 'FillchartTimeouts',
    setting: () => ({ account: { engine: { onMismatch: 'report-only' } } }),
    act: async (now) => {
      for (let count = 0; count < 4; count += 1) await post(now, `T-${count}`);
    },
  },
  {
    alert: 'FillchartNakedWindow',
    setting: () => ({
      accounts: { paper: { ...FILLS, faults: { placeProtection: (call) => (call <= 1 ? 'hang' : undefined) } } },
    }),
    act: (now) => post(now, 'ONE'),
  },
  {
    alert: 'FillchartDeadlineLate',
    act: async (now) => {
      await post(now, 'ONE');
      await now.clock.advance(29_000);
      now.clock.moveTo(now.clock.monotonic() + 2_500);
    },
  },
  {
    alert: 'FillchartCommitSlow',
    setting: () => ({ account: { journal: slow.journal } }),
    act: (now) => {
      slow.mood.delay = () => new Promise((resolve) => now.clock.setTimeout(resolve, 600));
      return post(now, 'ONE');
    },
  },
  { alert: 'FillchartEventLoopSlow', act: () => undefined, keep: () => block(700) },
  {
    alert: 'FillchartBudgetLow',
    setting: () => ({ accounts: { paper: { capacity: () => 0 } } }),
    act: () => undefined,
  },
  {
    alert: 'FillchartKillSlow',
    setting: () => ({ accounts: { paper: { faults: { submitOrder: { delayMs: 3_000 } } } } }),
    act: async (now) => {
      await post(now, 'ONE');
      await now.clock.advance(500);
      await kill(now);
    },
  },
  { alert: 'FillchartListenerDropped', setting: () => ({ options: { listenerBufferBytes: 65_536 } }), act: stall },
  {
    alert: 'FillchartNotificationsStuck',
    setting: () => ({ options: { webhooks: [receiver(answers.status)] } }),
    act: (now) => kill(now),
    minutes: 8,
  },
  {
    alert: 'FillchartNotificationsLost',
    setting: () => ({ options: { webhooks: [receiver(400)] } }),
    act: (now) => kill(now),
  },
];

/** Three quiet scrapes, the fault, and what follows. */
async function staged({ setting, act, keep, minutes = 5 }: Omit<Fault, 'alert'>): Promise<Series> {
  const now = await desk(setting?.() ?? {});
  const series: Series = new Map();
  const scrapes = (minutes * 60_000) / STEP_MS;
  for (let at = 0; at < scrapes; at += 1) {
    if (at === 3) await act(now);
    if (at >= 3) await keep?.(now);
    await now.clock.advance(STEP_MS);
    await scrape(now, series, at);
  }
  return series;
}

describe('deploy/alerts.yml', () => {
  const names = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

  it('has a fault for every rule, and a line in docs/operating.md', () => {
    expect(FAULTS.map(({ alert }) => alert)).toEqual(names);
    const page = readFileSync(fileURLToPath(new URL('../../docs/operating.md', import.meta.url)), 'utf8');
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('every rule fires on the figures of its fault; none fires on a quiet day (control)', {
    timeout: 180_000,
  }, async () => {
    const fired = (alert: string) =>
      `count(max_over_time(ALERTS{alertname="${alert}",alertstate="firing"}[2h])) > bool 0`;
    const tests: object[] = [];
    for (const fault of FAULTS) tests.push(promTest(await staged(fault), fired(fault.alert), 1, fault.minutes));
    const quiet = await staged({ setting: () => ({ accounts: { paper: FILLS } }), act: (now) => post(now, 'ONE') });
    tests.push(promTest(quiet, 'count(max_over_time(ALERTS{alertstate="firing"}[2h])) or vector(0)', 0));
    passes({ rule_files: [RULES], tests });
  });
});
