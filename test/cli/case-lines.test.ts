/**
 * Cases on the command line: what each line says, and several that are resolved at once.
 */
import { readSqliteJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { caseDetails, caseText } from '../../src/cli/journal-admin/case-text.js';
import { stakesOf } from '../../src/cli/journal-admin/stakes.js';
import type { AuditRecord } from '../../src/domain/audit.js';
import { CASE_GUIDES } from '../../src/domain/case-guide.js';
import type { Case } from '../../src/domain/cases.js';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const journal = () => here.path('j.db');
const said = () => ['--journal', journal(), '--by', 'ann', '--reason', 'looked at it'];
const unwrapped = (text: string): string => text.replaceAll(/\n {4}(?! )/g, ' ');
const OPENED = { openedAt: '2026-01-01T00:00:00.000Z' };
const symbols = ['AAPL', 'MSFT', 'TSLA'];

/** A case for each symbol; AAPL has no stop-loss, the others half of the position. */
async function threeCases(): Promise<string> {
  const instruments = symbols.map((symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }));
  const half = { positionOverride: { size: '50' } };
  const scripts = {
    AAPL: { protection: { stopLoss: { rejected: { code: 'NO', reason: 'no' } } } },
    MSFT: half,
    TSLA: half,
  };
  const quotes = Object.fromEntries(symbols.map((symbol) => [symbol, '151.00']));
  const config = here.file('c.json', { ...CONFIG, instruments, quotes, scripts });
  const file = here.file(
    'a.jsonl',
    jsonl(...symbols.map((symbol) => advisory({ advisoryId: `ADV-${symbol}`, symbol }))),
  );
  return (await cli(['run', file, '--config', config, '--journal', journal()])).stdout;
}

const list = async (...more: readonly string[]) =>
  (await cli(['cases', 'list', '--journal', journal(), ...more])).stdout;
const resolve = (...args: readonly string[]) => cli(['cases', 'resolve', ...args, ...said()]);

describe('a case', () => {
  it('C4: says symbol, side, size, price, what is protected, since when, how urgent it is, and what comes next', async () => {
    const atEnd = await threeCases();
    for (const text of [atEnd, await list()].map(unwrapped)) {
      expect(text).toMatch(/case-\d {2}\w+ {2}AAPL {2}ADV-AAPL {2}since 2026-01-01 \S+ UTC {2}URGENT/);
      expect(text).toMatch(
        /at stake: buy 100 AAPL, filled 100 @ 151 since 2026-01-01 \S+ UTC; NOT PROTECTED by a stop-loss.*; planned was SL 147\.98, TP 155\.53/,
      );
      expect(text).toMatch(/case-\d {2}MISMATCH {2}MSFT {2}ADV-MSFT {2}since 2026-01-01 \S+ UTC {2}not urgent/);
      expect(text).toMatch(
        /at stake: buy 100 MSFT, filled 100 @ 151 since .*; protected when last asked: 100 with SL 147\.98, TP 155\.53/,
      );
      expect(text.match(/^ *next: |\bnext: /gm)?.length).toBe(3);
      expect(text).toContain(`fillchart cases resolve case-1 --journal ${journal()} --by YOU --reason WHY\n`);
    }
    expect(atEnd).toContain(
      `  resolve all of them with: fillchart cases resolve case-1 case-2 case-3 --journal ${journal()} --by YOU --reason WHY\n`,
    );
  });

  it('C4: --json holds the same as data', async () => {
    await threeCases();
    const { cases } = JSON.parse(await list('--json'));
    expect(cases.find(({ symbol }: Case) => symbol === 'AAPL')).toMatchObject({
      urgency: 'now',
      nextStep: expect.stringContaining('stop-loss'),
      stake: { side: 'buy', size: '100', filled: '100', price: '151', plannedStopLoss: '147.98' },
    });
  });

  it('C4: every kind has its urgency and its next step; a kind that is not known is urgent', () => {
    for (const { urgency, next } of Object.values(CASE_GUIDES)) {
      expect(['now', 'today']).toContain(urgency);
      expect(next.length).toBeGreaterThan(20);
    }
    const unknown = { ...OPENED, caseId: 'case-1', kind: 'OF_TOMORROW', symbol: 'X', mismatches: [] };
    expect(caseDetails(unknown as unknown as Case, new Map()).urgency).toBe('now');
  });

  it('C4: of a symbol alone says side and size from the difference, and the price that was last paid', async () => {
    await threeCases();
    const records = await readSqliteJournal(journal());
    const mismatch = { kind: 'POSITION_MISMATCH', expected: '100', actual: '70', message: 'Expected 100, found 70' };
    const one = { ...OPENED, caseId: 'case-9', kind: 'MISMATCH', symbol: 'AAPL', mismatches: [mismatch] };
    expect(caseText(one as unknown as Case, stakesOf(records.flatMap(({ audit }) => audit))).body).toContain(
      'at stake: 30 AAPL less than the journal accounts for (sell side), last fill of ADV-AAPL @ 151; whether it is protected is not known',
    );
  });

  const STAKE = {
    advisoryId: 'A',
    symbol: 'AAPL',
    side: 'buy',
    size: '40',
    filled: '40',
    price: '170.8',
    isOver: true,
  };
  const found = (kind: string, ...mismatches: readonly string[]): Case =>
    ({
      ...OPENED,
      caseId: 'case-1',
      kind,
      symbol: 'AAPL',
      advisoryId: 'A',
      mismatches: mismatches.map((one) => ({ kind: one, expected: '', actual: '', message: one })),
    }) as unknown as Case;
  const stakes = new Map([['A', { ...STAKE, stopLoss: '167.39', takeProfit: '175.92', plannedStopLoss: '167.39' }]]);

  it('C4: a stop-loss that the broker did not show is not said to protect, whatever was recorded when it was placed', () => {
    const { body } = caseText(found('MISSING_SL_TP', 'MISSING_SL'), stakes);
    expect(body.join('\n')).toContain('NOT PROTECTED by a stop-loss (TP 175.92 works); planned was SL 167.39');
    const gone = caseText(found('MISSING_POSITION', 'MISSING_POSITION', 'MISSING_SL', 'MISSING_TP'), stakes);
    expect(gone.body.join('\n')).toContain('the broker shows none of it, and no stop-loss');
    expect(gone.head).toContain('not urgent');
    // Exits that still work for a position that is gone would open another.
    expect(caseText(found('MISSING_POSITION', 'MISSING_POSITION'), stakes).head).toContain('URGENT');
  });

  it('C4: an order that was not known to be over, and is not found, may still fill: urgent', () => {
    const of = (expected: string) => {
      const one = found('MISMATCH', 'ORDER_NOT_FOUND');
      return caseDetails({ ...one, mismatches: one.mismatches.map((each) => ({ ...each, expected })) }, stakes);
    };
    expect(of('open')).toMatchObject({ urgency: 'now', nextStep: expect.stringContaining('cancel it if it is open') });
    expect(of('unknown')).toMatchObject({ urgency: 'now' });
    for (const over of ['filled', 'cancelled', 'rejected', 'expired'])
      expect(of(over)).toMatchObject({ urgency: 'today' });
  });

  it('C4: of an order that is still open, the next step is to cancel it', () => {
    const one = caseDetails(found('MISMATCH', 'ORDER_STILL_OPEN'), stakes);
    expect(one).toMatchObject({ urgency: 'now', nextStep: expect.stringContaining('cancel it at the broker') });
  });

  it('C4: an exit that was lost is no protection any more', () => {
    const line = (event: AuditRecord['event'], details: object): AuditRecord =>
      ({
        seq: 1,
        event,
        timestamp: '2026-01-01T00:00:00.000Z',
        advisoryId: 'A',
        snapshotHash: 'h',
        details,
      }) as AuditRecord;
    const life = [
      line('execution_start', { symbol: 'AAPL', side: 'buy', positionSize: '100' }),
      line('execution_result', {
        finalPositionSize: '100',
        finalFillPrice: '151',
        finalSl: '147.98',
        finalTp: '155.53',
      }),
    ];
    expect(stakesOf(life).get('A')).toMatchObject({ stopLoss: '147.98', takeProfit: '155.53' });
    const lost = stakesOf([...life, line('exit_lost', { leg: 'sl' })]).get('A');
    expect(lost?.stopLoss).toBeUndefined();
    expect(lost?.takeProfit).toBe('155.53');
  });
});

describe('several cases', () => {
  it('M2: are resolved by their ids at once; what is not open is named, and the others are resolved', async () => {
    await threeCases();
    const { stdout, exitCode } = await resolve('case-1', 'case-7', 'case-3');
    expect(stdout).toMatch(/^case-7 is NOT resolved: there is no such case\.$/m);
    expect(stdout).toMatch(
      /^case-1 \(\w+\), case-3 \(\w+\) are resolved; by ann: looked at it\. Still open: case-2 \(\w+\)\.$/m,
    );
    expect(exitCode).toBe(2);
    const again = await resolve('case-2', 'case-1');
    expect(again.stdout).toMatch(/case-1 is NOT resolved: already resolved 2026-01-01 \S+ UTC, by ann\./);
    expect(again.stdout).toContain('No case is open any more.');
  });

  it('M2: --all resolves all that are open, each with who and why', async () => {
    await threeCases();
    const { stdout, exitCode } = await resolve('--all', '--json');
    const { resolved, notResolved, open } = JSON.parse(stdout);
    expect(resolved.map(({ resolution }: Case) => [resolution?.by, resolution?.reason])).toEqual(
      Array.from({ length: 3 }, () => ['ann', 'looked at it']),
    );
    expect({ notResolved, open, exitCode }).toEqual({ notResolved: [], open: [], exitCode: 0 });
    expect((await resolve('--all')).stdout).toContain('No case was resolved. No case is open any more.');
  });

  it('M2: --symbol resolves those of one symbol; one without a case is bad usage', async () => {
    await threeCases();
    const { stdout, exitCode } = await resolve('--symbol', 'MSFT');
    expect(stdout).toMatch(/^case-\d is resolved; by ann: looked at it\. Still open: /);
    expect(exitCode).toBe(0);
    expect(await list('--symbol', 'TSLA')).toMatch(/^case-\d {2}MISMATCH {2}TSLA/);
    const none = await resolve('--symbol', 'MSFT');
    expect(none.stderr).toMatch(/no case of MSFT is open; symbols with an open case: \w+, \w+\./);
    expect(none.exitCode).toBe(2);
  });

  it('are chosen in one way: by ids, or by --all or --symbol', async () => {
    await threeCases();
    expect((await resolve()).stderr).toContain('no case is named; accepted are case ids, --symbol, or --all.');
    expect((await resolve('case-1', '--all')).stderr).toContain(
      'name the cases, or choose them by --all or --symbol; not both.',
    );
    expect(await list()).toContain('case-1');
  });
});
