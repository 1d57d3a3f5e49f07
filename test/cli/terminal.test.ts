/**
 * Tables, text and clocks of the command line, each by its laws.
 */
import fc from 'fast-check';
import { reasons } from 'fillchart';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { liveFrame, trailOf } from '../../src/cli/run/live-frame.js';
import { scaledClock } from '../../src/cli/run/scaled-clock.js';
import { fitted } from '../../src/cli/terminal/fitted.js';
import { painter } from '../../src/cli/terminal/paint.js';
import { type Column, table, wrapped } from '../../src/cli/terminal/table.js';
import { clip, padTo, printable, textWidth } from '../../src/cli/terminal/text-width.js';
import { packageVersion } from '../../src/cli/version.js';
import { cli } from './cli.support.js';

const plain = painter(false);
const anyText = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('text', () => {
  it('is cut to the width that there is, and filled up to it', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 50 }), (text, width) => {
        const safe = printable(text);
        expect(textWidth(clip(safe, width))).toBeLessThanOrEqual(width);
        expect(textWidth(padTo(safe, width))).toBe(width);
      }),
    );
  });

  it('counts wide characters twice and combining ones not at all', () => {
    expect([textWidth('abc'), textWidth('日本'), textWidth('e\u0301')]).toEqual([3, 4, 1]);
  });

  it('is wrapped at words', () => {
    expect(wrapped('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
  });
});

describe('a report of plain lines', () => {
  const report = 'short\n– P-1 a path with a long name\n    never: from -- to\n';

  it('is broken between words, each line below its own beginning', () => {
    expect(fitted(report, { write: () => undefined, isTTY: true, columns: 17 })).toBe(
      'short\n– P-1 a path\n  with a long\n  name\n    never: from\n      -- to\n',
    );
  });

  it('is left as it is in a pipe', () => {
    expect(fitted(report, { write: () => undefined, columns: 17 })).toBe(report);
  });
});

describe('a table', () => {
  const columns: readonly Column[] = [
    { title: 'name', keep: 'always', shrinkTo: 6 },
    { title: 'least', keep: 1 },
    { title: 'more', keep: 2, align: 'right' },
  ];

  it('leaves out what matters least, and says so', () => {
    const rows = [['a-long-name', 'xxxxxxxx', '1.50']];
    expect(table(columns, rows, { width: 40, paint: plain }).omitted).toEqual([]);
    expect(table(columns, rows, { width: 20, paint: plain }).omitted).toEqual(['least']);
    expect(table(columns, rows, { width: 8, paint: plain })).toEqual({
      lines: ['name', '────────', 'a-long-…'],
      omitted: ['least', 'more'],
    });
  });

  it('has no line wider than the room, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText, anyText)), fc.integer({ min: 4, max: 90 }), (rows, width) => {
        for (const line of table(columns, rows, { width, paint: plain }).lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe('a column that wraps', () => {
  const columns: readonly Column[] = [
    { title: 'name', keep: 'always' },
    { title: 'details', keep: 'always', shrinkTo: 20, wraps: true },
  ];
  const text = `because of what was said, and ${'x'.repeat(40)}`;
  const words = (lines: readonly string[]) => lines.join('').replaceAll(/\s/g, '');

  it('goes on below itself, and loses nothing', () => {
    const { lines } = table(columns, [['n', text]], { width: 30, paint: plain });
    expect(lines.slice(2)).toEqual([
      'n     because of what was',
      '      said, and',
      '      xxxxxxxxxxxxxxxxxxxxxxxx',
      '      xxxxxxxxxxxxxxxx',
    ]);
  });

  it('has no line wider than the room and no character lost, whatever is in it', () => {
    fc.assert(
      fc.property(fc.tuple(anyText, anyText), fc.integer({ min: 6, max: 90 }), ([name, details], width) => {
        const given = printable(details);
        const rows = table(columns, [[name.slice(0, 2), given]], { width, paint: plain }).lines.slice(2);
        for (const line of rows) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(words(rows)).toContain(words([given]));
      }),
    );
  });

  it('in a pipe is one line, below a rule that is no wider than a page', () => {
    const { lines } = table(columns, [['n', 'y'.repeat(300)]], { width: Number.POSITIVE_INFINITY, paint: plain });
    expect(lines.map(textWidth)).toEqual([306, 118, 306].with(0, textWidth(lines[0] ?? '')));
    expect(lines[2]).toBe(`n     ${'y'.repeat(300)}`);
  });
});

describe('an id', () => {
  const columns: readonly Column[] = [
    { title: '', keep: 'always' },
    { title: 'advisory', keep: 'always', shrinkTo: 8, whole: true },
    { title: 'symbol', keep: 1 },
    { title: 'details', keep: 'always', shrinkTo: 10, wraps: true },
  ];

  it('that is too long for its column stands above the rest of its row, and is whole', () => {
    const rows = [
      ['✓', 'ORDER-2026-0001', 'AAPL', 'all is well'],
      ['✓', 'short', 'MSFT', 'as well'],
    ];
    expect(table(columns, rows, { width: 32, paint: plain }).lines.slice(2)).toEqual([
      '✓  ORDER-2026-0001',
      '             AAPL    all is well',
      '✓  short     MSFT    as well',
    ]);
  });

  it('is never cut, on a terminal of any width', () => {
    const id = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '-', '.'), minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(id, fc.integer({ min: 8, max: 120 }), (advisoryId, width) => {
        const { lines } = table(columns, [['✓', advisoryId, 'AAPL', 'fine']], { width, paint: plain });
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.slice(2).join('').replaceAll(' ', '')).toContain(advisoryId);
      }),
    );
  });

  it('takes two lines of the live table where it is long, and the table still fits the screen', () => {
    const views = Array.from({ length: 9 }, (_, index) => ({
      advisoryId: `${'A'.repeat(55)}-${index}`,
      symbol: 'AAPL',
      side: 'buy' as const,
      size: '100',
      filled: '0',
      trail: ['validating', 'submitted', 'pending'] as const,
      state: 'pending.open',
      stage: 'PENDING' as const,
      tSeconds: 1.5,
    }));
    const space = { width: 80, height: 12, paint: plain, ticks: 0 };
    const lines = liveFrame(views, space, { running: 9, done: 0, waiting: 0 });
    expect(lines.length).toBeLessThanOrEqual(12);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(80);
    for (const { advisoryId } of views.slice(0, 4)) expect(lines.join('\n')).toContain(advisoryId);
    expect(lines.at(-1)).toMatch(/^9 running · 0 done · 5 more than fit here/);
  });
});

describe('the state path', () => {
  const trail = ['validating', 'submitted', 'pending', 'filled', 'reconciling'] as const;
  it.each([
    [60, 'validating › submitted › pending › filled › reconciling'],
    [40, '… › pending › filled › reconciling'],
    [11, 'reconciling'],
    [5, 'reco…'],
  ])('in %i columns is %s', (room, text) => {
    expect(trailOf({ trail: [...trail, 'done'] }, room)).toBe(text);
  });
});

describe('a scaled clock', () => {
  it('passes speed times as fast, wall and monotonic alike', async () => {
    const base = virtualClock();
    const clock = scaledClock(base, 4);
    const [wall, monotonic] = [clock.now(), clock.monotonic()];
    await base.advance(2_500);
    expect([clock.now() - wall, clock.monotonic() - monotonic]).toEqual([10_000, 10_000]);
  });

  it('fires no timer before its time on this clock, and none that was cleared', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 40_000, noNaN: true }),
        async (speed, ms) => {
          const base = virtualClock();
          const clock = scaledClock(base, speed);
          const start = clock.monotonic();
          const fired: number[] = [];
          clock.setTimeout(() => fired.push(clock.monotonic() - start), ms);
          clock.clearTimeout(clock.setTimeout(() => fired.push(Number.NaN), ms));
          await base.advance(ms / speed + 3);
          expect(fired).toHaveLength(1);
          expect(fired[0]).toBeGreaterThanOrEqual(ms - 1e-6);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('fillchart', () => {
  it('--version is that of the package', async () => {
    expect((await cli(['--version'])).stdout).toBe(`${packageVersion()}\n`);
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('--help explains the exit codes', async () => {
    const { stdout } = await cli(['--help']);
    for (const code of ['  0  ', '  2  ', '  3  ', '  130']) expect(stdout).toContain(code);
  });

  it('reasons lists every code of the registry', async () => {
    const { stdout } = await cli(['reasons']);
    for (const [code, { sentence }] of Object.entries(reasons)) {
      expect(stdout).toContain(code);
      expect(stdout).toContain(sentence);
    }
  });

  it('reasons --json is the registry itself', async () => {
    expect(JSON.parse((await cli(['reasons', '--json'])).stdout)).toEqual(Object.values(reasons));
  });
});
