/**
 * Secrets in what a broker says: no part of a key reaches a cause, a log or a journal.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/adapters/brokers/redact.js';
import { openAuditLog } from '../../src/cli/run/audit-log.js';
import { secretsIn } from '../../src/cli/secrets.js';

const KEY = 'kZ9+/w3Qp&7LmN"xR2tYv 8sB=dF4gH6j';
const redact = redactor([KEY]);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');

const pairs = (text: string): readonly string[] => hex(text).match(/../g) ?? [];

/** The longest run of a spelling that is left in the text. */
function leftOf(spelling: string, text: string): number {
  for (let length = spelling.length; length > 0; length -= 1)
    for (let at = 0; at + length <= spelling.length; at += 1)
      if (text.includes(spelling.slice(at, at + length))) return length;
  return 0;
}

const spellings: readonly (readonly [name: string, text: string])[] = [
  ['as it is', KEY],
  ['percent-encoded', encodeURIComponent(KEY)],
  ['percent-encoded in lower case', encodeURIComponent(KEY).replace(/%../g, (one) => one.toLowerCase())],
  ['in base64', base64(KEY)],
  ['in base64 after one character', base64(`:${KEY}`)],
  ['in base64 for addresses', base64(KEY).replaceAll('+', '-').replaceAll('/', '_')],
  ['in hexadecimal', hex(KEY)],
  ['in hexadecimal capitals', hex(KEY).toUpperCase()],
  ['in JSON', JSON.stringify(KEY).slice(1, -1)],
  ['as a dump with colons', pairs(KEY).join(':')],
  ['as a dump with spaces, in capitals', pairs(KEY).join(' ').toUpperCase()],
  ['as a list of bytes', pairs(KEY).join(', 0x')],
  ['as escaped bytes', pairs(KEY).join('\\x')],
  [
    'as escaped characters',
    pairs(KEY)
      .map((pair) => `\\u00${pair}`)
      .join(''),
  ],
  [
    'as entities',
    pairs(KEY)
      .map((pair) => `&#${Number.parseInt(pair, 16)};`)
      .join(''),
  ],
  [
    'as entities in hexadecimal',
    pairs(KEY)
      .map((pair) => `&#x${pair};`)
      .join(''),
  ],
  ['in small letters', KEY.toLowerCase()],
  ['in capitals', KEY.toUpperCase()],
  ['percent-encoded, all of it in small letters', encodeURIComponent(KEY).toLowerCase()],
  ['percent-encoded, all of it in capitals', encodeURIComponent(KEY).toUpperCase()],
  ['percent-encoded twice', encodeURIComponent(encodeURIComponent(KEY))],
  ['percent-encoded twice, in small letters', encodeURIComponent(encodeURIComponent(KEY).toLowerCase()).toLowerCase()],
  ['percent-encoded, each byte', `%${pairs(KEY).join('%')}`],
  ['in base64, percent-encoded in small letters', encodeURIComponent(base64(KEY)).toLowerCase()],
  ['in base64 of percent-encoded', base64(encodeURIComponent(KEY))],
  ['in base64 of base64', base64(base64(KEY))],
  [
    'in base64 for addresses after two characters',
    base64(`k=${KEY}`).replaceAll('+', '-').replaceAll('/', '_').slice(3),
  ],
  ['in hexadecimal of base64', hex(base64(KEY))],
  ['in hexadecimal, mixed', hex(KEY).replace(/[a-f]/, (one) => one.toUpperCase())],
  ['in JSON within JSON', JSON.stringify(JSON.stringify(KEY)).slice(3, -3)],
  ['in JSON with escaped slashes', JSON.stringify(KEY).slice(1, -1).replaceAll('/', '\\/')],
  [
    'as escapes with braces',
    pairs(KEY)
      .map((pair) => `\\u{${pair}}`)
      .join(''),
  ],
  ['in HTML', KEY.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
];

describe('a secret in a text', () => {
  it.each(spellings)('A41 A2: %s is blotted out', (_name, spelling) => {
    const text = redact(`Invalid key ${spelling} for account 4711`);
    expect(text).toMatch(/^Invalid key .*\[secret\].* for account 4711$/);
    expect(leftOf(spelling, text)).toBeLessThan(6);
  });

  it.each(spellings)('A41 A2: %s, cut by the broker at any place, leaves no part of it', (_name, spelling) => {
    for (let length = 4; length <= spelling.length; length += 1) {
      for (const mark of ['', '…', '...']) {
        const text = redact(`Invalid key <${spelling.slice(0, length)}${mark}`);
        expect(leftOf(spelling.slice(0, length), text), `${length} of ${spelling}`).toBeLessThan(6);
      }
    }
  });

  it('A41 A2: in base64 of a user and a password leaves neither', () => {
    const pair = base64(`user:${KEY}:more`);
    const ofKey = pair.slice(7, Math.floor((('user:'.length + KEY.length) * 8) / 6));
    for (let length = 12; length <= pair.length; length += 1)
      expect(leftOf(ofKey, redact(`Basic ${pair.slice(0, length)}`))).toBeLessThan(6);
  });

  it('A41 A2: redacted before it is cut at 200 characters, nothing of it is left', () => {
    for (let before = 150; before < 205; before += 1) {
      const cut = redact(`${'x'.repeat(before)}${KEY}`).slice(0, 200);
      expect(leftOf(KEY, cut)).toBeLessThan(3);
    }
  });

  it('leaves every other text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        fc.pre(leftOf(KEY, text) < 4);
        expect(redact(text)).toBe(text);
      }),
    );
    expect(redact('order 0f3c6a1e-77aa-4b2e-9c1d-5a3e8f7b6c21 is not known')).toContain(
      '0f3c6a1e-77aa-4b2e-9c1d-5a3e8f7b6c21',
    );
  });

  it('a short one is blotted out as a whole only', () => {
    expect(redactor(['hunter2'])('password hunter2 is wrong, hunter is not')).toBe(
      'password [secret] is wrong, hunter is not',
    );
  });
});

describe('a secret that is broken over lines', () => {
  const wrapped = (text: string, width: number, between: string): string =>
    (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(between);

  it.each([
    ['a line feed', '\n'],
    ['a carriage return and a line feed', '\r\n'],
    ['the indentation of a stack trace', '\n    at '.slice(0, 5)],
    ['an escaped line feed', '\\n'],
    ['a soft break of mail', '=\r\n'],
  ])('A41 A2: by %s, at any width, leaves no part of it', (_name, between) => {
    for (const spelling of [KEY, base64(KEY), hex(KEY), encodeURIComponent(KEY).toLowerCase()])
      for (let width = 3; width < 20; width += 1) {
        const text = redact(`Error: bad key\n${wrapped(spelling, width, between)}\n    at sign (wire.js:1:2)`);
        expect(text, `${spelling} ${width}`).toMatch(
          /^Error: bad key\n\[secret\][\s\S]{0,40} {4}at sign \(wire\.js:1:2\)$/,
        );
        expect(leftOf(spelling, text), `${text} of ${spelling}`).toBeLessThan(6);
      }
  });

  it('A41 A2: a key of several lines leaves none of them', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${base64(KEY.repeat(3)).slice(0, 64)}\n${base64(KEY).slice(0, 44)}\n-----END PRIVATE KEY-----\n`;
    const blot = redactor([pem]);
    for (const line of pem.split('\n').slice(1, 3))
      for (const text of [`at ${line}`, JSON.stringify({ pem }), pem, pem.replaceAll('\n', '\n      ')])
        expect(leftOf(line, blot(text))).toBeLessThan(6);
  });

  it('lines of other texts stay as they are, whatever stands between them', () => {
    const texts = [
      'a\n\n  b\tc\r\nd=\n',
      'Error: no\n    at f (a.js:1:1)\n    at g (b.js:2:2)',
      `\n ${KEY.slice(0, 3)}\n`,
    ];
    for (const text of texts) expect(redact(text)).toBe(text);
  });

  it('A41: what it costs grows with the text, and not faster', () => {
    const texts = [' '.repeat(200_000), '=\n'.repeat(100_000), '\\'.repeat(200_000), `${KEY}\n`.repeat(5_000)];
    for (const text of texts) {
      const begun = process.cpuUsage();
      redact(text);
      const { user } = process.cpuUsage(begun);
      expect(user / 1_000).toBeLessThan(2_000);
    }
  });
});

describe('the log', () => {
  const env = {
    MY_VENUE_API_KEY: KEY,
    FILLCHART_FIX_PASSWORD: 'correct horse',
    HOME: '/srv',
    X_TOKEN: 'abc',
  };

  /** A logger to standard error, and the line that it has written. */
  function openedLog() {
    let written = '';
    const stderr = {
      write(text: string) {
        written += text;
      },
    };
    const { logger } = openAuditLog('-', { stderr, env });
    if (logger === false) throw new Error('no logger');
    return { logger, line: () => written };
  }

  it('A2: key material is known by the names of its variables', () => {
    expect(secretsIn(env)).toEqual([KEY, 'correct horse']);
  });

  it('A41 A2: a line is redacted, however deep the text, and stays JSON', () => {
    const { logger, line } = openedLog();
    logger.error({ details: { legs: [{ reason: `bad ${hex(KEY)}` }] }, cause: 'logon: correct horse' }, 'no');
    expect(JSON.parse(line())).toMatchObject({
      details: { legs: [{ reason: 'bad [secret]' }] },
      cause: 'logon: [secret]',
    });
  });

  it('A41 A2: an error is redacted, its stack, its cause and names of members too', () => {
    const { logger, line } = openedLog();
    const inner = new TypeError(`inner ${KEY.toLowerCase()}`);
    const err = Object.assign(new Error(`outer ${KEY}`, { cause: inner }), {
      request: { [KEY]: encodeURIComponent(KEY) },
    });
    const round: Record<string, unknown> = { err };
    logger.error(round, 'it failed');
    expect(line()).toContain('outer [secret]');
    expect(line()).toContain('redact.test.ts');
    for (const spelling of [KEY, KEY.toLowerCase(), encodeURIComponent(KEY)])
      expect(leftOf(spelling, line())).toBeLessThan(6);
    expect(err.message).toBe(`outer ${KEY}`);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => logger.error(circle, 'round')).not.toThrow();
  });
});
