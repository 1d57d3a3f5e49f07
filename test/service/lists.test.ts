/**
 * Lists of executions: fresh at every question, though what is over is not read again for each (E7).
 */
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/domain/audit.js';
import type { OpenAccount } from '../../src/service/accounts/account.js';
import { pageOf } from '../../src/service/handlers/paging.js';
import { finishedExecutions, MOST_LISTED } from '../../src/service/views/finished.js';
import { advisory, desk, FILLS } from './service.support.js';

const idsIn = (body: object): readonly string[] =>
  (body as { executions: readonly { advisoryId: string }[] }).executions.map(({ advisoryId }) => advisoryId);

describe('GET /v1/executions', () => {
  it('E7: what begins and ends between two questions is in the second, where it belongs', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/executions?wait=result', advisory('ADV-1'));
    expect(idsIn((await get('/v1/executions')).body)).toEqual(['ADV-1']);
    await clock.advance(1_000);
    await post('/v1/executions', advisory('ADV-2'));
    expect(idsIn((await get('/v1/executions?group=in_flight')).body)).toEqual(['ADV-2']);
    await clock.advance(5_000);
    expect(idsIn((await get('/v1/executions?group=in_flight')).body)).toEqual([]);
    expect(idsIn((await get('/v1/executions')).body)).toEqual(['ADV-2', 'ADV-1']);
    const { body } = await get('/v1/executions?status=FILLED&order=asc');
    expect(body).toMatchObject({ executions: [{ advisoryId: 'ADV-1' }, { advisoryId: 'ADV-2', cumQty: '100' }] });
    const [single, listed] = [await get('/v1/executions/ADV-2'), await get('/v1/executions?limit=1')];
    expect(single.body).toMatchObject((listed.body as { executions: readonly object[] }).executions[0] ?? {});
  });

  it('an advisory that is run once more is listed as it stands now, not as it was refused', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/kill-switches', { type: 'GLOBAL', reason: 'a drill' });
    await post('/v1/executions?wait=result', advisory('ADV-1'));
    expect((await get('/v1/executions')).body).toMatchObject({ executions: [{ status: 'REJECTED' }] });
    await post('/v1/kill-switches/release', { type: 'GLOBAL', reason: 'over', by: 'ann' });
    await post('/v1/executions?again=true', advisory('ADV-1'));
    expect((await get('/v1/executions')).body).toMatchObject({ executions: [{ group: 'in_flight' }] });
    await clock.advance(5_000);
    const { body } = await get('/v1/executions');
    expect(body).toMatchObject({ executions: [{ advisoryId: 'ADV-1', status: 'FILLED', group: 'open_position' }] });
    expect(idsIn(body)).toHaveLength(1);
  });

  it('a case opened after the result shows in the list at once, and goes with its resolution', async () => {
    const { post, get } = await desk({
      accounts: { paper: { script: { fills: [{ at: 700, quantity: '100', price: '151' }], positionShown: '50' } } },
    });
    await post('/v1/executions?wait=result', advisory('ADV-1'));
    const before = (await get('/v1/executions')).body;
    expect(before).toMatchObject({ executions: [{ group: 'needs_attention', needsAttention: true }] });
    await post('/v1/cases/resolve', { all: true, reason: 'settled', by: 'ann' });
    expect((await get('/v1/executions')).body).toMatchObject({
      executions: [{ needsAttention: false, openCases: [] }],
    });
  });

  it(`E7: the journal is read once for ${MOST_LISTED} executions; afterwards only what has ended since`, () => {
    const asked: unknown[] = [];
    const view = (index: number) => ({
      advisoryId: `ADV-${index}`,
      symbol: 'X',
      stage: 'FILLED',
      state: 'done',
      startedAt: `${index}`,
    });
    const context = { snapshot: { symbol: 'X' }, startedAt: 0, result: {} };
    const engine = {
      executions(query: { limit?: number; live?: boolean }) {
        asked.push(query);
        return query.live === true ? [] : Array.from({ length: 3_000 }, (_, index) => view(index));
      },
      execution(advisoryId: string) {
        asked.push(advisoryId);
        return { stage: 'FILLED', actor: { getSnapshot: () => ({ context }) } };
      },
    };
    const account = { name: 'paper', engine } as unknown as OpenAccount;
    const record = { advisoryId: 'ADV-new', event: 'execution_result' } as unknown as AuditRecord;
    const lists = finishedExecutions();
    lists.saw(account, record);
    expect([...lists.list(account)]).toHaveLength(3_000);
    lists.saw(account, record);
    expect([...lists.list(account)]).toHaveLength(3_001);
    expect([...lists.list(account)]).toHaveLength(3_001);
    expect(asked).toEqual([{ limit: MOST_LISTED }, { live: true }, 'ADV-new', { live: true }]);
  });
});

describe('a page', () => {
  const all = Array.from({ length: 500 }, (_, index) => String((index * 7_919) % 500).padStart(3, '0'));

  it.each([true, false])(
    'is the same as of the whole list in order (descending: %s), whatever order it came in',
    (descending) => {
      const inOrder = all.toSorted();
      if (descending) inOrder.reverse();
      for (const given of [all, all.toSorted(), all.toSorted().reverse()]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = pageOf(
            given,
            { list: 'l', key: (one) => one, descending },
            { limit: 77, ...(cursor !== undefined && { cursor }) },
          );
          seen.push(...page.entries);
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(inOrder);
      }
    },
  );
});
