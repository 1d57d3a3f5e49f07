/**
 * Lists of executions: fresh at every question, though what is over is not read again for each (E7).
 */

import type { PositionView } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/domain/audit.js';
import type { OpenAccount } from '../../src/service/accounts/account.js';
import { pageOf } from '../../src/service/handlers/paging.js';
import { finishedExecutions, MOST_LISTED } from '../../src/service/views/finished.js';
import { orderedList } from '../../src/service/views/ordered-list.js';
import { positions } from '../../src/service/views/positions.js';
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

  it('E4: what waits for its turn is listed as it was handed in, begins, and ends, each in the list once', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS }, account: { engine: { maxConcurrent: 1 } } });
    await get('/v1/executions');
    await post('/v1/executions', advisory('ADV-1'));
    const second = post('/v1/executions', advisory('ADV-2'));
    await clock.advance(10);
    const rows = async (query = '') =>
      (
        (await get(`/v1/executions${query}`)).body as {
          executions: readonly { advisoryId: string; status: string; recorded: boolean }[];
        }
      ).executions.map(({ advisoryId, status, recorded }) => `${advisoryId} ${status} ${recorded}`);
    expect(await rows()).toEqual(['ADV-2 VALIDATING false', 'ADV-1 PENDING true']);
    expect(await rows('?status=VALIDATING')).toEqual(['ADV-2 VALIDATING false']);
    expect(await rows('?group=in_flight&order=asc&limit=1')).toEqual(['ADV-1 PENDING true']);
    await clock.advance(1_500);
    expect((await second).status).toBe(202);
    expect(await rows('?group=in_flight')).toEqual(['ADV-2 PENDING true']);
    await clock.advance(5_000);
    expect(await rows()).toEqual(['ADV-2 FILLED true', 'ADV-1 FILLED true']);
    expect(await rows('?group=in_flight')).toEqual([]);
    expect(await rows('?status=FILLED&limit=1')).toEqual(['ADV-2 FILLED true']);
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
    const context: { snapshot: object; startedAt: number; result: object | undefined } = {
      snapshot: { symbol: 'X' },
      startedAt: 0,
      result: {},
    };
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
    const record = { advisoryId: 'ADV-new', event: 'execution_result', details: {} } as unknown as AuditRecord;
    const lists = finishedExecutions({ now: () => 0 });
    const finished = () => [...lists.list(account).finished.walk({ descending: true })];
    lists.saw(account, record);
    expect(finished()).toHaveLength(3_000);
    lists.saw(account, record);
    expect(finished()).toHaveLength(3_001);
    expect(finished()).toHaveLength(3_001);
    expect(asked.filter((each) => typeof each !== 'string')).toEqual([{ limit: MOST_LISTED }]);
    const before = asked.length;
    const begins = { advisoryId: 'ADV-new', event: 'execution_start' } as unknown as AuditRecord;
    const ends = { ...record, details: { status: 'FILLED' } } as unknown as AuditRecord;
    context.result = undefined;
    lists.saw(account, begins);
    expect([...lists.list(account).live.walk({ descending: true })]).toHaveLength(1);
    expect(finished()).toHaveLength(3_000);
    lists.saw(account, ends);
    expect(finished()).toHaveLength(3_001);
    expect(lists.list(account).live.size).toBe(0);
    // At the beginning, and in the turn of the result, when it is in memory; no list asks for it.
    expect(asked.slice(before)).toEqual(['ADV-new', 'ADV-new']);
  });
});

describe('GET /v1/positions', () => {
  const view = (index: number, isOpen: boolean) =>
    ({ advisoryId: `ADV-${index}`, openedAt: String(index).padStart(4, '0'), isOpen }) as unknown as PositionView;
  const idsOf = (all: readonly PositionView[]) => all.map(({ advisoryId }) => advisoryId).toReversed();

  it('B7: the engine is asked once for all; each change is known afterwards, in the order of beginning', () => {
    let asked = 0;
    const kept = [view(1, false), view(2, true), view(4, true)];
    const engine = {
      positions() {
        asked += 1;
        return kept;
      },
    };
    const account = { name: 'paper', engine } as unknown as OpenAccount;
    const known = positions();
    const listed = () => [...known.list(account).walk({ descending: true })].map((one) => one.view);
    expect(idsOf(listed())).toEqual(['ADV-1', 'ADV-2', 'ADV-4']);
    for (const change of [view(5, true), view(3, true), view(2, false)]) known.saw(account, change);
    expect(idsOf(listed())).toEqual(['ADV-1', 'ADV-2', 'ADV-3', 'ADV-4', 'ADV-5']);
    expect(listed().filter(({ isOpen }) => isOpen)).toHaveLength(3);
    expect([...known.open(account)]).toEqual(['ADV-4', 'ADV-5', 'ADV-3']);
    expect(asked).toBe(1);
  });

  it('B7: closed positions that the engine has let go are let go here too', () => {
    const kept: PositionView[] = [];
    const account = { name: 'paper', engine: { positions: () => kept } } as unknown as OpenAccount;
    const known = positions();
    known.list(account);
    for (let index = 0; index < 1_000; index += 1) {
      kept.push(view(index, false));
      if (kept.length > 250) kept.shift();
      known.saw(account, view(index, false));
      expect(known.list(account).size).toBeLessThanOrEqual(350);
    }
    expect(known.list(account).size).toBeGreaterThanOrEqual(250);
  });
});

describe('an ordered list', () => {
  it('is in order whatever is put, taken away and put again, and is walked from any place in both directions', () => {
    const list = orderedList<{ advisoryId: string; place: string }>();
    const truth = new Map<string, string>();
    for (let index = 0; index < 3_000; index += 1) {
      const advisoryId = `A${(index * 7_919) % 211}`;
      const place = `${String((index * 104_729) % 997).padStart(4, '0')} ${advisoryId}`;
      if (index % 5 === 0) {
        list.delete(advisoryId);
        truth.delete(advisoryId);
      } else {
        list.put({ advisoryId, place });
        truth.set(advisoryId, place);
      }
      if (index % 100 !== 0) continue;
      const inOrder = [...truth.values()].toSorted();
      const [after = ''] = inOrder.slice(index % 37);
      const walked = (descending: boolean, from?: string) =>
        [...list.walk({ descending, after: from })].map((one) => one.place);
      expect(walked(false)).toEqual(inOrder);
      expect(walked(true)).toEqual(inOrder.toReversed());
      expect(walked(false, after)).toEqual(inOrder.filter((one) => one > after));
      expect(walked(true, after)).toEqual(inOrder.filter((one) => one < after).toReversed());
      expect(walked(true, `${after} `)).toEqual(inOrder.filter((one) => one < `${after} `).toReversed());
    }
    list.keepLast(10);
    expect([...list.walk({ descending: false })].map((one) => one.place)).toEqual(
      [...truth.values()].toSorted().slice(-10),
    );
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
