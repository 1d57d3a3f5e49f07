/**
 * The recorded life as the charts show it, over HTTP.
 */
import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/charts/interactive/life.js';
import { ADVISORY, desk, FILLS } from './service.support.js';

describe('GET /v1/executions/:advisoryId/life', () => {
  it('A3: tells each fact with the transitions it took, the messages and what became known; the exits too', async () => {
    const { post, get } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/executions?wait=result', ADVISORY);
    const { status, body } = await get('/v1/executions/ADV-A/life');
    expect(status).toBe(200);
    const lives = body['lives'] as readonly Life[];
    expect(lives.map(({ chart }) => chart)).toEqual(['execution', 'protection']);
    const [execution] = lives;
    expect(execution?.verdict).toBe('equal');
    expect(execution?.steps.at(-1)?.to).toBe('done');
    expect(execution?.steps.flatMap(({ transitions }) => transitions)).toContain(
      'execution.validating.asking/BROKER_ASKED/3',
    );
    const said = execution?.steps.flatMap(({ messages }) => messages.map(({ text }) => text));
    expect(said).toContain('Place SL 147.98 and TP 155.53 for 100');
  });

  it('a live one is told as far as it has got, and one that is not known is not found', async () => {
    const { post, get, clock } = await desk({ accounts: { paper: FILLS } });
    await post('/v1/executions', ADVISORY);
    await clock.advance(500);
    const { body } = await get('/v1/executions/ADV-A/life');
    const [life] = body['lives'] as readonly Life[];
    expect(life?.verdict).toBe('unfinished');
    expect(life?.steps.at(-1)?.to).toMatch(/^pending\./);
    expect((await get('/v1/executions/ADV-B/life')).status).toBe(404);
  });
});
