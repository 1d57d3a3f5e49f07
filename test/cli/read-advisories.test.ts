/**
 * Files of advisories: every one is handed on or named with file, line and field.
 */
import fc from 'fast-check';
import { freezeSnapshot, snapshotHash } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { offsetOfSyntaxError } from '../../src/cli/run/json-syntax.js';
import { readAdvisories, sentenceOf } from '../../src/cli/run/read-advisories.js';
import { ADVISORY, advisory, cli, jsonl } from './cli.support.js';

const linesOf = (text: string) => readAdvisories(text, 'f').advisories.map(({ line }) => line);
const complaints = (text: string) => readAdvisories(text, 'f').malformed.map(sentenceOf);
const fields = (text: string) =>
  readAdvisories(text, 'f').malformed.map(({ line, field }) => `${line} ${field ?? '–'}`);

describe('the forms of a file', () => {
  const A = JSON.stringify(ADVISORY);
  const forms: readonly (readonly [form: string, text: string, lines: readonly number[]])[] = [
    ['one object', A, [1]],
    ['one object over several lines', JSON.stringify(ADVISORY, null, 2), [1]],
    ['an array', `[${A},${A}]`, [1, 1]],
    ['an array over several lines', `[\n${A},\n\n${A}\n]\n`, [2, 4]],
    ['JSONL', `${A}\n${A}\n`, [1, 2]],
    ['JSONL with blank lines and CRLF', `\r\n${A}\r\n\r\n${A}`, [2, 4]],
    ['a byte order mark', `\uFEFF${A}`, [1]],
    ['nothing', ' \n', []],
    ['an empty array', '[]', []],
  ];
  it.each(forms)('%s', (_form, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
    expect(complaints(text)).toEqual([]);
  });
});

describe('a malformed line', () => {
  const without = (field: string) =>
    JSON.stringify(Object.fromEntries(Object.entries(ADVISORY).filter(([key]) => key !== field)));
  const kinds: readonly (readonly [kind: string, line: string, says: string])[] = [
    ['is no JSON', '{"advisoryId": nope}', 'f:2:16: this is no JSON: Unexpected token'],
    ['is cut off', '{"advisoryId": "B"', 'f:2:19: this is no JSON: '],
    ['is a number', '5', 'f:2: The advisory is 5; accepted is an object.'],
    ['is a list', '[1]', 'f:2: The advisory is [1]; accepted is an object.'],
    ['is null', 'null', 'f:2: The advisory is null; accepted is an object.'],
    ['lacks a field', without('positionSize'), 'f:2: positionSize is missing; accepted is a finite decimal'],
    ['has an unknown field', JSON.stringify(advisory({ sise: 'buy' })), 'f:2: "sise" is no field of an advisory'],
    ['has a word for a decimal', JSON.stringify(advisory({ referencePrice: 'ten' })), 'f:2: referencePrice is "ten"'],
    ['has a time without zone', JSON.stringify(advisory({ expirationTimestamp: '2030-01-01T00:00:00' })), 'f:2: exp'],
    ['has a number for a text', JSON.stringify(advisory({ symbol: 7 })), 'f:2: symbol is 7; accepted is a string.'],
    ['names a field twice', '{"symbol":"A","symbol":"B"}', 'f:2: symbol is named more than once; accepted is once.'],
  ];
  it.each(kinds)('that %s is named with file and line, and the others are read', (_kind, line, says) => {
    const text = jsonl(ADVISORY, line, ADVISORY);
    expect(linesOf(text)).toEqual([1, 3]);
    expect(complaints(text)[0]?.slice(0, says.length)).toBe(says);
    expect(new Set(readAdvisories(text, 'f').malformed.map((one) => one.line))).toEqual(new Set([2]));
  });

  it('is named with every field that is at fault', () => {
    expect(fields(jsonl(advisory({ referencePrice: 'x', tpOffsetPct: '', extra: 1 })))).toEqual([
      '1 tpOffsetPct',
      '1 referencePrice',
      '1 extra',
    ]);
  });

  it('of an array is found by the line of its element', () => {
    expect(fields(`[\n${JSON.stringify(ADVISORY)},\n{"symbol": 7},\n"x"]`)).toContain('3 symbol');
  });

  it('is a single document when no line of it is JSON by itself', () => {
    expect(complaints('{\n  "advisoryId": "A"\n  "symbol": "B"\n}')).toEqual([
      "f:3:3: this is no JSON: Expected ',' or '}' after property value.",
    ]);
    expect(complaints('[\n{},\n')[0]).toMatch(/^f:3:1: this is no JSON/);
  });

  it('is said on standard error, without what a terminal would obey', async () => {
    const { stderr, stdout } = await cli(['run', '-'], { stdin: jsonl(ADVISORY, 'x\u001b[2Jy') });
    expect(stderr).toMatch(/^fillchart: stdin:2:1: this is no JSON/);
    expect(stderr + stdout).not.toContain('\u001b');
  });
});

describe('laws of reading', () => {
  it('R1.1: a number is taken as it is written, however many digits', () => {
    const digits = fc.stringMatching(/^[1-9]\d{0,24}\.\d{0,20}[1-9]$/);
    fc.assert(
      fc.property(digits, (price) => {
        const raw = JSON.stringify(advisory({ referencePrice: '§' })).replace('"§"', price);
        for (const text of [raw, `[${raw}]`]) {
          const [read] = readAdvisories(text, 'f').advisories;
          const written = freezeSnapshot({ ...ADVISORY, referencePrice: price });
          expect(read && snapshotHash(freezeSnapshot(read.input))).toBe(snapshotHash(written));
        }
      }),
    );
  });

  it('what lies deeper, or in texts, is left as it is', () => {
    const context = { positionSize: 1.5, deep: [{ referencePrice: 2 }], text: '"positionSize": 3, [{' };
    const [read] = readAdvisories(JSON.stringify(advisory({ reasoningContext: context })), 'f').advisories;
    expect(read?.input.reasoningContext).toEqual(context);
  });

  it('a text is JSON for the locator just when it is for JSON.parse', () => {
    const spoilt = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '1', '-', ' ', '\\', '\n', '01', 'e'))
      .map(([json, at, junk]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + junk + json.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(spoilt, (text) => {
        expect(offsetOfSyntaxError(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('no line is lost: each is an advisory or a complaint', () => {
    const line = fc.oneof(
      fc.constant(JSON.stringify(ADVISORY)),
      fc.constant(JSON.stringify(ADVISORY)),
      fc.json(),
      fc.string().map((text) => text.replace(/\s+/g, ' ')),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 2 }), (lines) => {
        const text = [JSON.stringify(ADVISORY), ...lines].join('\n');
        const { advisories, malformed } = readAdvisories(text, 'f');
        const told = new Set([...advisories, ...malformed].map((one) => one.line));
        const filled = text.split('\n').flatMap((one, index) => (one.trim() === '' ? [] : [index + 1]));
        expect([...told].sort((a, b) => a - b)).toEqual(filled);
      }),
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
