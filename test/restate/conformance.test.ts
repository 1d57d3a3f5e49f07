/**
 * One law for every host: the same facts give the same chart, the same result, the same lines of the audit log, the same exits,
 * switches and cases.
 */
import type { Engine } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { CaseFact } from '../../src/domain/cases.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import { replayExecution } from '../../src/journal/replay.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import type { KillSwitchFact } from '../../src/machines/kill-switch.machine.js';
import type { ProtectionFact } from '../../src/machines/protection.facts.js';
import { foldExits } from '../../src/restate/exits-life.js';
import { allCases, readGate, standingAfter, switchHistory } from '../../src/restate/gate.js';
import { newLife } from '../../src/restate/life.js';
import { positionViewOf } from '../../src/views/position-view.js';
import type { Story } from '../recovery/every-step.js';
import { STORIES } from '../recovery/stories.js';
import { ADVISORY, earth, executed, fill } from '../recovery/support.js';

const GLOBAL = { type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill', by: 'ann' } as const;
const SOLD_OUT = { kind: 'rejected', code: 'NO_FUNDS', reason: 'no funds' } as const;

/** What every host must tell alike, beside the stories that a process is killed in. */
const MORE: readonly Story[] = [
  { name: 'never filled', setting: { plan: { fills: [] } } },
  { name: 'another position at the broker', setting: { positions: { AAPL: '7' } } },
  { name: 'refused by the broker', setting: { broker: () => ({ submitOrder: async () => SOLD_OUT }) } },
  { name: 'a stop-loss that is hit', setting: { plan: { fills: [fill(1)], exit: { leg: 'sl', afterMs: 9_000 } } } },
  { name: 'a take-profit that is hit', setting: { plan: { fills: [fill(1)], exit: { leg: 'tp', afterMs: 9_000 } } } },
  {
    name: 'exits that cannot be placed',
    setting: { broker: () => ({ placeProtection: async () => ({ stopLoss: SOLD_OUT, takeProfit: SOLD_OUT }) }) },
  },
  {
    name: 'exits that nobody acknowledges',
    setting: { broker: () => ({ placeProtection: () => new Promise(() => undefined) }) },
  },
  {
    name: 'a switch that is set and released after the fill',
    setting: { plan: { fills: [fill(1)] } },
    events: [
      [2, ({ engine }) => engine.killSwitch.set(GLOBAL)],
      [3, ({ engine }) => engine.killSwitch.release({ type: 'GLOBAL', by: 'ann', reason: 'over', force: true })],
    ],
  },
];

describe('A3: facts that an engine recorded, taken by the host on Restate', () => {
  it.each([...STORIES, ...MORE])('$name: the same in everything that is told', async ({ setting, events = [] }) => {
    const now = earth(setting);
    const life = await now.start();
    for (const [seconds, act] of events) now.clock.setTimeout(() => act(life), seconds * 1_000);
    const result = await executed(now, life);
    await now.clock.advance(120_000);
    const { records } = now.disk;
    sameExecution(records, result);
    sameExits(records, life.engine);
    sameGate(records, life.engine);
  });
});

const factsOf = <T>(records: readonly JournalRecord[], stream: JournalRecord['stream']): readonly T[] =>
  records.filter((record) => record.stream === stream).map(({ fact }) => fact as unknown as T);

function sameExecution(records: readonly JournalRecord[], result: unknown): void {
  const recorded = records.filter(({ stream }) => stream === 'execution');
  const facts = factsOf<ExecutionFact>(records, 'execution');
  const [first] = facts;
  if (first?.type !== 'START') throw new Error('the journal begins with START');
  const hosted = newLife(first.advisory);
  for (const fact of facts) hosted.take(fact);
  expect(hosted.context.result).toEqual(result);
  expect(hosted.records.map(({ fact }) => fact)).toEqual(recorded.map(({ fact }) => fact));
  expect(linesOf(hosted.records)).toEqual(linesOf(recorded));
  expect(verifyChain(hosted.records)).toMatchObject({ ok: true, records: facts.length });
  expect(replayExecution(hosted.records, ADVISORY.advisoryId)?.verdict).toBe('equal');
}

function sameExits(records: readonly JournalRecord[], engine: Engine): void {
  const facts = factsOf<ProtectionFact>(records, 'protection');
  const { context, state } = foldExits(facts);
  expect(facts.length > 0 ? [positionViewOf(context, state)] : []).toEqual(engine.positions());
}

function sameGate(records: readonly JournalRecord[], engine: Engine): void {
  const standing = standingAfter({
    switches: factsOf<KillSwitchFact>(records, 'kill-switch'),
    cases: factsOf<CaseFact>(records, 'case'),
  });
  expect(allCases([], standing)).toEqual(engine.cases.all());
  expect(readGate(standing, 0)).toMatchObject({ switches: engine.killSwitch.switches, openCases: engine.cases.open() });
  expect(switchHistory([], standing)).toEqual(engine.killSwitch.history);
}

const linesOf = (records: readonly { readonly audit: readonly { event: string; details: object }[] }[]) =>
  records.flatMap(({ audit }) => audit.map(({ event, details }) => ({ event, details })));
