/**
 * `fillchart audit` as an operator meets it: on a terminal, in a pipe, and on files that are no journal.
 */
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../src/cli/terminal/text-width.js';
import { ADVISORY, advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const REASON = `margin call on the other account, ${'see the ticket, '.repeat(8)}and then ask the desk in London`;

/** A journal in which the broker has refused with many words. */
async function journal(): Promise<string> {
  const path = here.path('j.db');
  const scripts = { AAPL: { submit: { rejected: { code: 'NO', reason: REASON } } } };
  const config = here.file('c.json', { ...CONFIG, scripts });
  await cli(['run', here.file('a.jsonl', jsonl(ADVISORY)), '--config', config, '--journal', path]);
  return path;
}

const words = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('audit show', () => {
  it.each([40, 60, 100, 160, 0])('on a terminal of %i columns tells the whole reason, within them', async (columns) => {
    const path = await journal();
    const { stdout } = await cli(['audit', 'show', path, 'A'], {
      terminal: { columns, rows: 30 },
      env: { NO_COLOR: '1' },
    });
    expect(words(stdout)).toContain(words(REASON));
    expect(Math.max(...stdout.split('\n').map(textWidth))).toBeLessThan(columns === 0 ? 80 : columns);
  });

  it('on a terminal of 80 columns also tells when and whose each event was', async () => {
    const path = await journal();
    await cli(['kill-switch', 'set', '--journal', path, '--by', 'ann', '--reason', 'a drill']);
    const { stdout } = await cli(['audit', 'show', path], {
      terminal: { columns: 80, rows: 30 },
      env: { NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/^2026-01-01 \S+ +0\.000 s {2}A +order_submitted/m);
    expect(words(stdout)).toContain('GLOBAL: OFF → ACTIVE because: a drill (by ann)');
    expect(stdout).not.toContain('no room here');
  });

  it('says for what there was no room', async () => {
    const { stdout } = await cli(['audit', 'show', await journal()], { terminal: { columns: 40, rows: 30 } });
    expect(stdout).toMatch(/^\S*no room here for: time \(UTC\), T/m);
  });

  it('in a pipe has a line an event, and a rule that is no wider than a page', async () => {
    const { stdout } = await cli(['audit', 'show', await journal(), 'A']);
    const [, rule = '', ...events] = stdout.trimEnd().split('\n');
    expect([/^─+$/.test(rule), textWidth(rule)]).toEqual([true, 118]);
    expect(events.filter((line) => line.includes(REASON)).length).toBeGreaterThan(0);
    for (const line of events) expect(line).toMatch(/^2026-/);
  });
});

describe('a file that is no journal', () => {
  const kinds: readonly (readonly [kind: string, content: string])[] = [
    ['advisories', jsonl(advisory(), advisory({ advisoryId: 'B' }))],
    ['a config', JSON.stringify(CONFIG, null, 2)],
    ['one short line of JSON', '{"a":1}\n'],
    ['a letter', 'Dear operator, this is not the file that you are looking for. '.repeat(5)],
    ['a long letter', 'Dear operator, this is not the file that you are looking for. '.repeat(50)],
  ];

  it.each(kinds)('such as %s is bad usage, and no tampering', async (_kind, content) => {
    const file = here.file('x.jsonl', content);
    for (const args of [
      ['verify', file],
      ['show', file],
      ['export', file],
      ['replay', file, 'A'],
    ]) {
      const { exitCode, stdout, stderr } = await cli(['audit', ...args]);
      expect(stderr).toMatch(/x\.jsonl is not a journal: neither the SQLite file of one, nor an export\./);
      expect([exitCode, stdout]).toEqual([2, '']);
    }
  });

  it('such as one that is not there is bad usage, in words', async () => {
    const { exitCode, stdout, stderr } = await cli(['audit', 'verify', here.path('none.db')]);
    expect(stderr).toMatch(/^fillchart: there is no file .*none\.db: it cannot be read\.\n$/);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('A5: an export of which anything is left is still one that was changed', async () => {
    const { stdout: lines } = await cli(['audit', 'export', await journal()]);
    for (const kept of [lines.slice(0, 300), lines.slice(20), lines.slice(0, -3), lines.replace('AAPL', 'MSFT')]) {
      const { exitCode, stdout } = await cli(['audit', 'verify', here.file('e.jsonl', kept)]);
      expect([exitCode, stdout.slice(0, 6)]).toEqual([1, 'broken']);
    }
  });
});
