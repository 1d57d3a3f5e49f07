/**
 * What stays on Restate of executions that are over: no object grows with them, what is old goes, and no id runs twice (S1, E1).
 */
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../src/domain/canonical.js';
import { GENESIS_HASH } from '../../src/domain/journal.js';
import type { ArchivedExecution, LedgerEntry } from '../../src/restate/kept.js';
import type { LogEntry, LogPiece } from '../../src/restate/log.js';
import { logHandlers } from '../../src/restate/log-object.js';
import { advisoriesHandlers, ledgerHandlers } from '../../src/restate/objects.js';
import { keyOf } from '../../src/restate/pages.js';
import { type PageRow, pagesHandlers } from '../../src/restate/pages-object.js';
import { fakeRestate } from './fake-restate.js';
import { INPUT } from './support.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const FINISHED = 10_000;
const PER_DAY = 500;
const LOG_DAYS = 3;
const RECORD_DAYS = 10;
const FACTS = 4;

function restate(archive?: (gone: ArchivedExecution) => Promise<void>) {
  const settings = { logKeptMs: LOG_DAYS * DAY_MS, recordsKeptMs: RECORD_DAYS * DAY_MS };
  const services = {
    log: logHandlers(settings),
    pages: pagesHandlers,
    ledger: ledgerHandlers,
    advisories: advisoriesHandlers({ settings, ...(archive && { archive }) }),
  };
  return fakeRestate(services, START);
}
type Restate = ReturnType<typeof restate>;

const entry = (source: string, number: number, at: number, isLast = false): LogEntry => ({
  ...{ source, number, ...(isLast && { isLast: true as const }) },
  logged: {
    stream: 'execution',
    v: 1,
    at,
    fact: { type: `FACT-${number}` },
    audit: [{ event: 'order_submitted', details: {} }],
  },
});

const inputOf = (id: string) => ({ ...INPUT, advisoryId: id });
const recordsOf = (id: string) => Array.from({ length: FACTS }, (_, index) => ({ seq: index + 1, advisoryId: id }));

/** As a workflow leaves it: what the worker brought first, then all of it once more. */
async function finish(now: Restate, id: string): Promise<void> {
  await now.call('advisories', id, 'claim', { input: inputOf(id) });
  const life = Array.from({ length: FACTS }, (_, index) => entry(`run ${id}`, index + 1, now.now, index === FACTS - 1));
  const { isLast: _unknown, ...last } = life[FACTS - 1] ?? entry(id, 1, 0);
  await now.call('log', 'all', 'append', [...life.slice(0, -1), last]);
  await now.call('log', 'all', 'append', life);
  await now.call('ledger', 'all', 'append', { advisoryId: id, run: id, records: FACTS, lastHash: `hash of ${id}` });
  await now.call('advisories', id, 'finish', { result: { status: 'FILLED', attempts: [] }, records: recordsOf(id) });
  await now.advance(DAY_MS / PER_DAY);
}

/** All that a reader finds who begins at the beginning. */
async function read(now: Restate) {
  const { first, end } = (await now.call('log', 'all', 'bounds')) as { first: number; end: number };
  const pieces: LogPiece[] = [];
  for (let next = first; next < end; ) {
    const rows = (await now.call('pages', keyOf('log', next), 'from', next)) as readonly PageRow<LogPiece>[];
    if (rows.length === 0) throw new Error(`nothing at ${next} of ${end}`);
    for (const { value } of rows) next += value.facts.length;
    pieces.push(...rows.map(({ value }) => value));
  }
  return { first, end, facts: pieces.flatMap(({ facts }) => facts) };
}

describe('what stays of executions that are over', () => {
  it('S1 E1: 10,000 leave bounded state for each object; the open ones are told, and no id runs twice', async () => {
    const archived: string[] = [];
    const now = restate(async ({ advisoryId, records }) => void archived.push(`${advisoryId} ${records.length}`));
    // A position that stays open all the while, and two of its facts.
    await now.call('log', 'all', 'append', [entry('exits open', 1, START), entry('exits open', 2, START)]);
    for (let each = 1; each <= FINISHED; each += 1) await finish(now, `ADV-${each}`);

    const sizes = now.sizes();
    const largest = [...sizes].toSorted(([, one], [, other]) => other.bytes - one.bytes)[0];
    expect(largest?.[1].bytes, `bytes of ${largest?.[0]}`).toBeLessThan(250_000);
    expect(sizes.get('ledger/all')).toMatchObject({ rows: 1 });
    // Sources of the days that are kept, and no others.
    expect(sizes.get('log/all')?.rows).toBeLessThan((LOG_DAYS + 1) * PER_DAY + 10);
    expect([...sizes.keys()].filter((name) => name.startsWith('pages/log')).length).toBeLessThan(20);

    const { first, end, facts } = await read(now);
    expect(first).toBeGreaterThan(0.8 * FINISHED * FACTS);
    expect(end).toBeGreaterThanOrEqual(FINISHED * FACTS + 2);
    const open = facts.filter(({ source }) => source === 'exits open');
    expect(new Set(open.map(({ number, firstAfter }) => `${number} after ${firstAfter}`))).toEqual(
      new Set(['1 after 0', '2 after 1']),
    );
    const latest = facts.filter(({ source }) => source === `run ADV-${FINISHED}`);
    expect(latest.map(({ number }) => number)).toEqual([1, 2, 3, 4]);

    expect(archived).toHaveLength(FINISHED - RECORD_DAYS * PER_DAY + 1);
    expect(archived[0]).toBe('ADV-1 4');
    const again = await now.call('advisories', 'ADV-1', 'claim', { input: inputOf('ADV-1') });
    expect(again).toMatchObject({ kind: 'finished', result: { status: 'FILLED' } });
    const other = { ...inputOf('ADV-1'), snapshotHash: 'another' };
    expect(await now.call('advisories', 'ADV-1', 'claim', { input: other })).toMatchObject({ kind: 'conflict' });
    expect(sizes.get('advisories/ADV-1')?.bytes).toBeLessThan(500);
    expect(await now.call('advisories', `ADV-${FINISHED}`, 'view')).toMatchObject({ records: { length: FACTS } });
  }, 60_000);

  it('A5: the ledger in pages is one chain, from the first entry to the end', async () => {
    const now = restate();
    for (let each = 1; each <= 1_100; each += 1)
      await now.call('ledger', 'all', 'append', {
        advisoryId: `A-${each}`,
        run: `A-${each}`,
        records: 1,
        lastHash: 'x',
      });
    await now.settle();
    let last = GENESIS_HASH;
    for (let next = 1; next <= 1_100; ) {
      const rows = (await now.call('pages', keyOf('ledger', next), 'from', next)) as readonly PageRow<LedgerEntry>[];
      for (const { value } of rows) {
        const { hash, ...unchained } = value;
        expect([unchained.seq, hash]).toEqual([next, sha256(`${last}\n${canonicalJson({ ...unchained })}`)]);
        last = hash;
        next += 1;
      }
    }
    expect(await now.call('ledger', 'all', 'end')).toEqual({ seq: 1_100, hash: last });
  });

  it('records that the archive does not take stay, and it is asked again', async () => {
    let asked = 0;
    const now = restate(async () => {
      asked += 1;
      if (asked < 3) throw new Error('disk full');
    });
    await finish(now, 'ADV-1');
    await now.advance(RECORD_DAYS * DAY_MS);
    expect(await now.call('advisories', 'ADV-1', 'view')).toMatchObject({ records: { length: FACTS } });
    await now.advance(3_600_000);
    await now.advance(3_600_000);
    expect(asked).toBe(3);
    const known = await now.call('advisories', 'ADV-1', 'view');
    expect(known).toMatchObject({ result: { status: 'FILLED' } });
    expect(known).not.toHaveProperty('records');
  });
});
