/**
 * The audit log as CSV: RFC 4180, and harmless in a spreadsheet.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditCsv } from '../../src/domain/audit-csv.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import { dayOfTrading } from './audit.support.js';

/** A reader of RFC 4180, written from the RFC. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cell = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(text.slice(at));
    if (cell === null) throw new Error(`no CSV at ${at}: ${text.slice(at, at + 40)}`);
    const [whole, quoted, plain = '', separator] = cell;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (separator === '\r\n') {
      rows.push(row);
      row = [];
    }
    at += whole.length;
  }
  return rows;
}

const recordWith = (details: Record<string, string>): JournalRecord =>
  ({
    seq: 1,
    audit: [{ seq: 1, event: 'order_rejected', timestamp: '2026-01-01T00:00:00.000Z', details }],
  }) as unknown as JournalRecord;

const reasonCell = (reason: string): string => {
  const [header = [], row = []] = parseCsv([...auditCsv([recordWith({ reason })])].join(''));
  return row[header.indexOf('reason')] ?? '';
};

describe('the CSV of an audit log', () => {
  test('has one row for each audit event, and as many cells in each', async () => {
    const { records } = await dayOfTrading();
    const [header = [], ...rows] = parseCsv([...auditCsv(records)].join(''));
    const events = records.flatMap(({ audit }) => audit);
    expect(rows.map((row) => row[header.indexOf('event')])).toEqual(events.map(({ event }) => event));
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([header.length]));
    const filled = rows.find((row) => row[header.indexOf('event')] === 'order_filled') ?? [];
    expect(['symbol', 'cumQty', 'avgPrice', 'stopLoss', 'tMs'].map((name) => filled[header.indexOf(name)])).toEqual([
      'AAPL',
      '100',
      '151',
      '147.98',
      '1000',
    ]);
  });

  test('loses nothing: own columns and `details` together are all details', async () => {
    const { records } = await dayOfTrading();
    const [header = [], ...rows] = parseCsv([...auditCsv(records)].join(''));
    const events = records.flatMap(({ audit }) => audit);
    for (const [index, { details }] of events.entries()) {
      const row = rows[index] ?? [];
      const rest = JSON.parse(row[header.indexOf('details')] ?? '') as object;
      for (const name of Object.keys(details)) expect(name in rest || header.includes(name)).toBe(true);
    }
  });

  test.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '=HYPERLINK("http://x","y")'])(
    'takes the sting out of %j',
    (text) => expect(reasonCell(text)).toBe(`'${text}`),
  );

  test.each(['-0.02', '12', 'plain', 'a=b', '5 - 3', ''])('leaves %j as it is', (text) =>
    expect(reasonCell(text)).toBe(text),
  );

  test('law: any text comes back from its cell, and no cell starts a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const cell = reasonCell(text);
        const isNumber = /^-?\d+(?:\.\d+)?$/.test(cell);
        return (cell === text || cell === `'${text}`) && (isNumber || !/^[\s]*[=+\-@]/.test(cell));
      }),
      { numRuns: 500 },
    );
  });

  test('A40: an id with ESC, a line end or a formula is quoted, escaped, and no formula', () => {
    const idCell = (advisoryId: string): string => {
      const record = { seq: 1, audit: [{ seq: 1, event: 'timeout', timestamp: 'now', advisoryId, details: {} }] };
      const text = [...auditCsv([record as unknown as JournalRecord])].join('');
      expect(text.split('\r\n')).toHaveLength(3);
      const [header = [], row = []] = parseCsv(text);
      return row[header.indexOf('advisoryId')] ?? '';
    };
    expect(idCell('\u001b[2J')).toBe('\\u001b[2J');
    expect(idCell('a\r\nb')).toBe('a\\u000d\\u000ab');
    expect(idCell("=cmd|' /C calc'!A0")).toBe("'=cmd|' /C calc'!A0");
    expect(idCell('a,"b"')).toBe('a,"b"');
    expect(idCell('\u202eabc')).toBe('\\u202eabc');
  });
});
