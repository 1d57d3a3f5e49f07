/**
 * A fault of the engine in the workers (E5): Restate would try what throws again for ever, with an order live. It ends by the last
 * resort instead.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster } from './cluster.js';
import { advisories, expectSound, naked, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('a chart that throws', { timeout: 90_000 }, () => {
  it.each([
    ['when the fill comes: it is protected', 'fillsInTime', false],
    ['with the order open: it is cancelled', 'isDeadline', true],
  ])('E5 A9: %s, GLOBAL is set, and a person is told', async (_name, breaks, neverFills) => {
    running = await cluster({ workers: 2, breaks });
    const { front } = running;
    await running.broker({ neverFills });
    const [advisory] = advisories(1);
    if (advisory === undefined) throw new Error('there is one');
    const result = await untilExecuted(front, advisory);
    expect(result).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT' });
    expect(result.errorMessage).toContain(`${breaks} is broken`);
    const state = await expectSound(running, [result]);
    expect(state.orders.map((order) => order.state)).toEqual([neverFills ? 'cancelled' : 'filled']);
    expect(naked(state)).toEqual([]);
    expect(await front.killSwitch.switches()).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'fillchart' }]);
    expect(await front.cases.open()).toMatchObject([{ kind: 'ENGINE_FAULT', advisoryId: advisory.advisoryId }]);
    const records = await front.records(advisory.advisoryId);
    expect(records.at(-1)?.fact).toMatchObject({ type: 'ENGINE_FAULT', result: { reason: 'ENGINE_FAULT' } });
  });
});
