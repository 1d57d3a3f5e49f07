/**
 * Who did what, as a chain (A5): what was changed, left out or moved is found and named.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessLog, newToken, tokenHash, tokenList } from 'fillchart/service';
import { afterAll, describe, expect, it } from 'vitest';
import { cli } from '../cli/cli.support.js';
import { ADVISORY, advisory, desk } from './service.support.js';

const folder = mkdtempSync(join(tmpdir(), 'fillchart-access-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [TRADER, VIEWER] = [newToken(), newToken()];
const tokens = tokenList([
  { name: 'tom', role: 'trader', hash: tokenHash(TRADER) },
  { name: 'vera', role: 'viewer', hash: tokenHash(VIEWER) },
]);
const as = (token: string) => ({ authorization: `Bearer ${token}` });

/** A service writes five lines; another goes on behind them. */
async function written(): Promise<readonly string[]> {
  const lines: string[] = [];
  const options = { tokens, onAccess: (entry: object) => void lines.push(JSON.stringify(entry)) };
  const first = await desk({ options });
  await first.post('/v1/executions', ADVISORY, as(TRADER));
  await first.post('/v1/executions', advisory('ADV-É', { symbol: 'X' }), as(TRADER));
  await first.post('/v1/kill-switches', { type: 'GLOBAL', reason: 'a drill' }, as(TRADER));
  await first.post('/v1/kill-switches/release', { type: 'GLOBAL', reason: 'over' }, as(VIEWER));
  await first.post('/v1/sweep', {}, { authorization: 'Bearer wrong' });
  const { end } = checkAccessLog(lines.join('\n'));
  const next = await desk({ options: { ...options, accessLogEnd: end } });
  await next.post('/v1/executions', ADVISORY, as(TRADER));
  return lines;
}

describe('the log of who did what', () => {
  it('is one chain over restarts, and says who, what, about what, and what came of it', async () => {
    const lines = await written();
    const check = checkAccessLog(`${lines.join('\n')}\n`);
    expect(check).toMatchObject({ entries: 6, faults: [], end: { seq: 6 } });
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ by, outcome }) => [by, outcome])).toEqual([
      ['tom', 202],
      ['tom', 202],
      ['tom', 200],
      ['vera', 403],
      ['unknown', 401],
      ['tom', 202],
    ]);
    expect(entries[2]).toMatchObject({ action: 'setSwitch', about: { type: 'GLOBAL', reason: 'a drill' } });
    expect(JSON.stringify(entries)).not.toContain(TRADER);
  });

  it('names each case that was to be resolved, and whether a release was forced; without tokens, whom the body names', async () => {
    const { get, post } = await desk();
    await post('/v1/cases/resolve', { caseIds: ['case-7', 'case-8'], withdraw: true, reason: 'x', by: 'ann' });
    await post('/v1/kill-switches', { type: 'GLOBAL', reason: 'a drill' });
    await post('/v1/kill-switches/release', { type: 'GLOBAL', reason: 'over', by: ' bob ', force: true });
    const { body } = await get('/v1/access');
    expect(body['entries']).toMatchObject([
      { by: 'bob', action: 'releaseSwitch', about: { type: 'GLOBAL', reason: 'over', force: 'true' } },
      { by: 'local', action: 'setSwitch', about: { type: 'GLOBAL', reason: 'a drill' } },
      { by: 'ann', action: 'resolveCases', about: { caseIds: 'case-7, case-8', withdraw: 'true', reason: 'x' } },
    ]);
  });

  it.each([
    [
      'a changed entry',
      (lines: string[]) => lines.with(2, (lines[2] ?? '').replace('a drill', 'nothing')),
      /line 3 was changed/,
    ],
    ['a missing entry', (lines: string[]) => lines.toSpliced(1, 1), /line 2: entry 3 does not follow entry 1/],
    ['two in another order', (lines: string[]) => [0, 2, 1, 3, 4, 5].map((at) => lines[at] ?? ''), /line 2: entry 3/],
    ['an entry that was put in', (lines: string[]) => lines.toSpliced(3, 0, lines[0] ?? ''), /line 4: entry 1/],
    ['a line of something else', (lines: string[]) => lines.toSpliced(3, 0, '{"by":"me"}'), /line 4 is no entry/],
  ])('%s is found and named', async (_name, tampered, says) => {
    const lines = await written();
    const { faults } = checkAccessLog(tampered([...lines]).join('\n'));
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]).toMatch(says);
  });

  it('a torn line costs itself alone: what comes after goes on from the last whole one', async () => {
    const lines = await written();
    const torn = [...lines.slice(0, 5), (lines[5] ?? '').slice(0, 40), ...lines.slice(5)].join('\n');
    expect(checkAccessLog(torn)).toMatchObject({ entries: 6, faults: ['line 6 is no entry of this log'] });
  });

  it('fillchart access verify: 0 for an intact log, 1 and the lines for one that was changed', async () => {
    const file = join(folder, 'access.jsonl');
    writeFileSync(file, `${(await written()).join('\n')}\n`);
    const intact = await cli(['access', 'verify', file]);
    expect([intact.exitCode, intact.stdout]).toEqual([
      0,
      expect.stringMatching(/^6 entries, intact, last hash [0-9a-f]{64}\n$/),
    ]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"tom"', '"ann"'));
    const changed = await cli(['access', 'verify', file]);
    expect([changed.exitCode, changed.stdout]).toEqual([1, expect.stringContaining('line 1 was changed')]);
  });
});
