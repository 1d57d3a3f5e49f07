/**
 * Cases, kill switches, positions, limits and sweeps over HTTP; two accounts under one switch.
 */
import { memoryJournal } from 'fillchart/adapters';
import { type Notification, signatureOf } from 'fillchart/service';
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, desk, FILLS, submitsOf } from './service.support.js';

const HALF = { script: { ...FILLS.script, positionShown: '50' } } as const;
const GLOBAL = { type: 'GLOBAL', reason: 'a drill' } as const;

describe('cases', () => {
  it('M1, M2: a mismatch opens one, which blocks its symbol until it is resolved with a reason', async () => {
    const { post, get } = await desk({ accounts: { paper: HALF } });
    await post('/v1/executions?wait=result', ADVISORY);
    const { body } = await get('/v1/cases');
    expect(body['cases']).toMatchObject([
      {
        caseId: 'case-1',
        kind: 'MISMATCH',
        isOpen: true,
        advisoryId: 'ADV-A',
        nextStep: expect.stringMatching(/broker/),
      },
    ]);
    const listed = await get('/v1/executions?needsAttention=true');
    expect(listed.body['executions']).toMatchObject([{ group: 'needs_attention', openCases: ['case-1'] }]);
    const blocked = await post('/v1/executions?wait=result', advisory('ADV-B'));
    expect(blocked.body['result']).toMatchObject({ status: 'REJECTED', reason: 'UNRESOLVED_MISMATCH' });
    expect((await post('/v1/cases/case-1/resolve', {})).status).toBe(400);
    const resolved = await post('/v1/cases/case-1/resolve', { by: 'ops', reason: 'closed by hand' });
    expect(resolved.body).toMatchObject({ isOpen: false, resolution: { by: 'ops', reason: 'closed by hand' } });
    expect((await post('/v1/cases/case-1/resolve', { reason: 'again' })).body).toMatchObject({ code: 'UNKNOWN_CASE' });
    expect((await get('/v1/cases')).body['cases']).toEqual([]);
    expect((await get('/v1/cases?open=all')).body['cases']).toHaveLength(1);
  });

  it('M2: two operators at once: one resolves it, the other is told by whom, when and why, and changes nothing', async () => {
    const { post, get } = await desk({ accounts: { paper: HALF } });
    await post('/v1/executions?wait=result', ADVISORY);
    const resolve = (by: string) => post('/v1/cases/case-1/resolve', { by, reason: `seen by ${by}` });
    const [first, second] = await Promise.all([resolve('ann'), resolve('bob')]);
    expect([first.status, second.status]).toEqual([200, 409]);
    expect(second.body).toMatchObject({
      code: 'UNKNOWN_CASE',
      message: expect.stringMatching(
        /^case-1 was resolved by ann at 2\d{3}-\S+Z: seen by ann\. Nothing was changed\.$/,
      ),
    });
    const { body } = await get('/v1/cases?open=all');
    expect(body['cases']).toMatchObject([{ caseId: 'case-1', resolution: { by: 'ann' } }]);
    const many = await post('/v1/cases/resolve', { by: 'bob', reason: 'late', caseIds: ['case-1'] });
    expect(many.body).toMatchObject({ notResolved: [{ caseId: 'case-1', message: second.body['message'] }] });
    expect((await post('/v1/cases/case-7/resolve', { reason: 'none' })).status).toBe(404);
  });

  it('several at once: those that are there are resolved, the others are named', async () => {
    const { post } = await desk({ accounts: { paper: HALF } });
    await post('/v1/executions?wait=result', ADVISORY);
    const { status, body } = await post('/v1/cases/resolve', {
      caseIds: ['case-1', 'case-9'],
      reason: 'looked',
      by: 'ops',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      resolved: [{ caseId: 'case-1' }],
      notResolved: [{ caseId: 'case-9', code: 'UNKNOWN_CASE' }],
      open: 0,
    });
    expect((await post('/v1/cases/resolve', { caseIds: ['a'], all: true, reason: 'x' })).status).toBe(400);
  });
});

describe('kill switches', () => {
  it('K5: the gate is closed, and the live order cancelled, when the answer comes', async () => {
    const { post, get, brokers } = await desk();
    await post('/v1/executions', ADVISORY);
    const { status, body } = await post('/v1/kill-switches', GLOBAL);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      change: { state: 'ACTIVE', previous: 'OFF' },
      liveAtChange: 1,
      activationToLastCancelMs: 0,
    });
    expect(brokers['paper']?.count('cancelOrder')).toBe(1);
    const refused = await post('/v1/executions?wait=result', advisory('ADV-B'));
    expect(refused.body['result']).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect((await get('/v1/executions/ADV-A?wait=result')).body).toMatchObject({ status: 'CANCELLED' });
  });

  it('K10: GLOBAL covers both accounts, and is told once in one list', async () => {
    const { post, get, brokers } = await desk({ accounts: { one: {}, two: {} } });
    expect((await post('/v1/executions', ADVISORY)).body).toMatchObject({ code: 'UNKNOWN_ACCOUNT', field: 'account' });
    for (const account of ['one', 'two'])
      expect((await post('/v1/executions', { ...ADVISORY, account })).status).toBe(202);
    expect((await get('/v1/executions/ADV-A')).body).toMatchObject({ code: 'INVALID_REQUEST', field: 'account' });
    await post('/v1/kill-switches', GLOBAL);
    expect([brokers['one']?.count('cancelOrder'), brokers['two']?.count('cancelOrder')]).toEqual([1, 1]);
    for (const account of ['one', 'two'])
      expect((await get(`/v1/executions/ADV-A?account=${account}&wait=result`)).body).toMatchObject({
        status: 'CANCELLED',
        account,
      });
    const { body } = await get('/v1/kill-switches');
    expect(body).toMatchObject({ switches: [{ type: 'GLOBAL', state: 'ACTIVE' }], sharedBy: ['one', 'two'] });
    expect((await get('/v1/kill-switches/history')).body['changes']).toHaveLength(1);
  });

  it('K6: a release is refused while a case in its scope is open, unless forced', async () => {
    const { post } = await desk({ accounts: { paper: HALF } });
    await post('/v1/executions?wait=result', ADVISORY);
    await post('/v1/kill-switches', GLOBAL);
    const release = { type: 'GLOBAL', reason: 'over', by: 'ops' };
    expect((await post('/v1/kill-switches/release', release)).body).toMatchObject({
      code: 'KILL_SWITCH_RELEASE_REFUSED',
    });
    const forced = await post('/v1/kill-switches/release', { ...release, force: true });
    expect(forced.body['change']).toMatchObject({ state: 'OFF', forced: true, by: 'ops' });
    expect((await post('/v1/kill-switches/release', release)).status).toBe(404);
    expect((await post('/v1/kill-switches', { type: 'SYMBOL_LEVEL', reason: 'x' })).body).toMatchObject({
      code: 'INVALID_KILL_SWITCH',
    });
  });
});

describe('the rest of the desk', () => {
  it('B7: positions with their exits, limits as configured, a sweep that finds nothing', async () => {
    const limits = { maxPositionSize: '1000', bySymbol: { AAPL: { maxNotional: '100000' } } };
    const { post, get } = await desk({ accounts: { paper: FILLS }, account: { limits } });
    await post('/v1/executions?wait=result', ADVISORY);
    expect((await get('/v1/positions?open=true')).body['positions']).toMatchObject([
      { symbol: 'AAPL', openQuantity: '100', stopLoss: { price: '147.98', state: 'working' } },
    ]);
    expect((await get('/v1/limits')).body['limits']).toMatchObject([{ account: 'paper', limits, openPositions: 1 }]);
    expect((await post('/v1/sweep')).body['reports']).toMatchObject([{ account: 'paper', cases: [], failures: [] }]);
    const refused = await post('/v1/executions?wait=result', advisory('BIG', { positionSize: '5000' }));
    expect(refused.body['result']).toMatchObject({ reason: 'LIMIT_EXCEEDED', refusedBy: { limit: 'maxPositionSize' } });
  });

  it('A1, A3: the audit of an execution, and its replay with the same result', async () => {
    const { post, get } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/executions?wait=result', ADVISORY);
    const { body } = await get('/v1/executions/ADV-A/audit');
    const events = (body['records'] as readonly { event: string }[]).map(({ event }) => event);
    expect(events).toEqual(
      expect.arrayContaining(['execution_start', 'order_filled', 'protection_placed', 'execution_result']),
    );
    const replay = await get('/v1/executions/ADV-A/replay');
    expect(replay.body).toMatchObject({ verdict: 'equal', result: { status: 'FILLED' } });
    expect((await get('/v1/executions/NONE/audit')).body).toMatchObject({ code: 'UNKNOWN_EXECUTION' });
  });

  it('P1: the figures name the account', async () => {
    const { post, get } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/executions?wait=result', ADVISORY);
    const { text, headers } = await get('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    for (const line of [
      'fillchart_executions_total{account="paper",status="FILLED"} 1',
      'fillchart_broker_calls_total{account="paper",method="submitOrder",outcome="accepted"} 1',
      'fillchart_exits_working{account="paper"} 2',
      'fillchart_ready{account="paper"} 1',
    ])
      expect(text).toContain(line);
  });

  it('a journal that fails is told of, signed, closes the gate and answers 503', async () => {
    const inner = memoryJournal();
    let isFull = false;
    const journal = {
      ...inner,
      append: async (records: Parameters<typeof inner.append>[0]) =>
        isFull ? Promise.reject(new Error('disk full')) : inner.append(records),
    };
    const told: Notification[] = [];
    const receive = async (_url: unknown, request?: { body?: unknown; headers?: unknown }) => {
      const headers = request?.headers as Record<string, string>;
      const body = String(request?.body);
      expect(headers['X-Fillchart-Signature']).toBe(signatureOf('key', String(headers['X-Fillchart-Timestamp']), body));
      told.push(JSON.parse(body) as Notification);
      return new Response('');
    };
    const hook = { url: 'http://receiver.example/', secret: 'key', fetch: receive as unknown as typeof fetch };
    const { post, get, clock, brokers } = await desk({
      accounts: { paper: FILLS },
      account: { journal },
      options: { webhooks: [hook] },
    });
    isFull = true;
    const refused = await post('/v1/executions', ADVISORY);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    expect((await post('/v1/executions', ADVISORY)).status).toBe(503);
    expect(submitsOf(brokers['paper'])).toBe(0);
    await clock.advance(2_000);
    expect((await get('/readyz')).status).toBe(503);
    expect(told.map(({ event }) => event)).toEqual(expect.arrayContaining(['journal_failed', 'kill_switch']));
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  });
});

describe('the end', () => {
  it('takes nothing new from its first turn, waits for what is live, and leaves the rest to the next start', async () => {
    const journal = memoryJournal();
    const { post, service, clock } = await desk({ accounts: { paper: FILLS }, account: { journal } });
    await post('/v1/executions', ADVISORY);
    const closed = service.close({ drainMs: 45_000 });
    expect((await post('/v1/executions', advisory('ADV-B'))).body).toMatchObject({ code: 'NOT_READY' });
    await clock.runUntil(closed);
    const next = await desk({ account: { journal } });
    expect((await next.get('/v1/executions/ADV-A')).body).toMatchObject({ status: 'FILLED' });
    expect((await next.post('/v1/executions', ADVISORY)).status).toBe(200);
    expect((await next.get('/v1/executions/ADV-B')).status).toBe(404);
  });
});
