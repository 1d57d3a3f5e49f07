/**
 * One law for every host: the same facts give the same chart, the same result and the same lines of the audit log.
 */
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import { replayExecution } from '../../src/journal/replay.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { newLife } from '../../src/restate/life.js';
import { ADVISORY, earth, executed, fill, type Setting } from '../recovery/support.js';

const STORIES: readonly (readonly [string, Setting])[] = [
  ['filled', {}],
  ['filled in part, then timed out', { plan: { fills: [fill(3, 40)] } }],
  ['never filled', { plan: { fills: [] } }],
  ['filled late', { plan: { fills: [fill(31)] } }],
  ['another position at the broker', { positions: { AAPL: '7' } }],
];

describe('A3: facts that an engine recorded, taken by the host on Restate', () => {
  it.each(STORIES)('%s: the same result, and a chain that verifies and replays', async (_name, setting) => {
    const now = earth(setting);
    const life = await now.start();
    const result = await executed(now, life);
    const recorded = now.disk.records.filter(({ stream }) => stream === 'execution');
    const facts = recorded.map(({ fact }) => fact as unknown as ExecutionFact);
    const [first] = facts;
    if (first?.type !== 'START') throw new Error('the journal begins with START');
    const hosted = newLife(first.advisory);
    for (const fact of facts) hosted.take(fact);
    expect(hosted.context.result).toEqual(result);
    expect(hosted.records.map(({ fact }) => fact)).toEqual(recorded.map(({ fact }) => fact));
    expect(linesOf(hosted.records)).toEqual(linesOf(recorded));
    expect(verifyChain(hosted.records)).toMatchObject({ ok: true, records: facts.length });
    expect(replayExecution(hosted.records, ADVISORY.advisoryId)?.verdict).toBe('equal');
  });
});

const linesOf = (records: readonly { readonly audit: readonly { event: string; details: object }[] }[]) =>
  records.flatMap(({ audit }) => audit.map(({ event, details }) => ({ event, details })));
