/**
 * Executions over HTTP: what is taken, what is refused, and the same advisory again.
 */
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, desk, FILLS, submitsOf } from './service.support.js';

describe('POST /v1/executions', () => {
  it('takes an advisory with 202 and the execution; its result comes later', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS } });
    const taken = await post('/v1/executions', ADVISORY);
    expect(taken.status).toBe(202);
    expect(taken.body).toMatchObject({ account: 'paper', advisoryId: 'ADV-A', group: 'in_flight', recorded: true });
    await clock.advance(5_000);
    const { status, body } = await get('/v1/executions/ADV-A');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'FILLED',
      group: 'open_position',
      result: { status: 'FILLED', finalFillPrice: '151', finalSl: '147.98', finalTp: '155.53', slippagePct: '0.67' },
    });
  });

  it('?wait=result answers the result', async () => {
    const { post } = await desk({ accounts: { paper: FILLS } });
    const { status, body } = await post('/v1/executions?wait=result', ADVISORY);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'FILLED', result: { status: 'FILLED', finalSl: '147.98' } });
  });

  it('E1: the same advisory again is 200 and the same execution, with one order; another under its id is 409', async () => {
    const { post, brokers } = await desk({ accounts: { paper: FILLS } });
    const first = await post('/v1/executions?wait=result', ADVISORY);
    const again = await post('/v1/executions', { ...ADVISORY, referencePrice: '150.00' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    const other = await post('/v1/executions', { ...ADVISORY, positionSize: '101' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'ADVISORY_CONFLICT', field: 'advisoryId' });
    expect(submitsOf(brokers['paper'])).toBe(1);
  });

  it.each([
    ['positionSize', { positionSize: '0' }, 'INVALID_POSITION_SIZE'],
    ['slOffsetPct', { slOffsetPct: '0.02' }, 'INVALID_SL_OFFSET'],
    ['referencePrice', { referencePrice: 'many' }, 'INVALID_REFERENCE_PRICE'],
    ['advisoryId', { advisoryId: 7 }, 'INVALID_ADVISORY_ID'],
    // Every client takes these out of a path: the execution could be started, and never looked at.
    ['advisoryId', { advisoryId: '.' }, 'INVALID_ADVISORY_ID'],
    ['advisoryId', { advisoryId: '..' }, 'INVALID_ADVISORY_ID'],
    ['side', { side: null }, 'INVALID_SIDE'],
    ['expirationTimestamp', { expirationTimestamp: '2020-01-01T00:00:00Z' }, 'ADVISORY_EXPIRED'],
    ['note', { note: 'x' }, 'UNKNOWN_FIELD'],
  ])('refuses %s with 422, code, field and a sentence, and leaves the id free', async (field, differs, code) => {
    const { post } = await desk({ accounts: { paper: FILLS } });
    const refused = await post('/v1/executions', { ...ADVISORY, ...differs });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code, field });
    expect(refused.body['message']).toMatch(/accepted/);
    expect((await post('/v1/executions', ADVISORY)).status).toBe(202);
  });

  it('R1.1: a number is taken digit for digit as it is written', async () => {
    const { postText, get } = await desk({ accounts: { paper: FILLS } });
    const text = JSON.stringify(ADVISORY)
      .replace('"150"', '150.10000000000000000001')
      .replace('"100"', '1e2')
      .replace('}', ',"reasoningContext":{"id":12345678901234567890,"score":0.1}}');
    expect((await postText('/v1/executions', text)).status).toBe(202);
    const { body } = await get('/v1/executions/ADV-A');
    expect(body['snapshot']).toMatchObject({
      referencePrice: '150.10000000000000000001',
      positionSize: '100',
      reasoningContext: { id: '12345678901234567890', score: 0.1 },
    });
  });

  it('answers what is no advisory, or no JSON, with 4xx and a code', async () => {
    const { postText } = await desk();
    const bodies = [
      '',
      'null',
      '[]',
      '"x"',
      '{',
      '{"a":1,"a":2}',
      '{"__proto__":{}}',
      '['.repeat(5_000),
      '9'.repeat(999),
    ];
    for (const text of bodies) {
      const { status, body } = await postText('/v1/executions', text);
      expect([400, 422], text).toContain(status);
      expect(body['code'], text).toMatch(/^INVALID_/);
    }
  });

  it('is 503 with Retry-After before the accounts are open, and takes nothing', async () => {
    const { post, get, brokers } = await desk({ opened: false });
    const { status, headers, body } = await post('/v1/executions', ADVISORY);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ code: 'NOT_READY' });
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
    expect(submitsOf(brokers['paper'])).toBe(0);
  });
});

describe('GET /v1/executions', () => {
  it('pages by cursor, newest first, whatever is added in between', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS } });
    for (let count = 0; count < 5; count += 1) {
      await post('/v1/executions', advisory(`ADV-${count}`));
      await clock.advance(10);
    }
    const idsOf = (body: { readonly [name: string]: unknown }) =>
      (body['executions'] as readonly { advisoryId: string }[]).map(({ advisoryId }) => advisoryId);
    const first = await get('/v1/executions?limit=2');
    expect(idsOf(first.body)).toEqual(['ADV-4', 'ADV-3']);
    await post('/v1/executions', advisory('ADV-9'));
    const second = await get(`/v1/executions?limit=2&cursor=${String(first.body['nextCursor'])}`);
    expect(idsOf(second.body)).toEqual(['ADV-2', 'ADV-1']);
    const last = await get(`/v1/executions?limit=2&cursor=${String(second.body['nextCursor'])}`);
    expect(idsOf(last.body)).toEqual(['ADV-0']);
    expect(last.body['nextCursor']).toBeUndefined();
  });

  it('names a filter that is not known, with the nearest', async () => {
    const { get } = await desk();
    const { status, body } = await get('/v1/executions?statos=FILLED');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', field: 'statos' });
    expect(body['message']).toContain('status');
  });
});
