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

describe('the log', () => {
  const env = {
    MY_VENUE_API_KEY: KEY,
    FILLCHART_FIX_PASSWORD: 'correct horse',
    HOME: '/srv',
    X_TOKEN: 'abc',
  };

  it('A2: key material is known by the names of its variables', () => {
    expect(secretsIn(env)).toEqual([KEY, 'correct horse']);
  });

  it('A41 A2: a line is redacted, however deep the text, and stays JSON', () => {
    let written = '';
    const stderr = {
      write(text: string) {
        written += text;
      },
    };
    const { logger } = openAuditLog('-', { stderr, env });
    if (logger === false) throw new Error('no logger');
    logger.error({ details: { legs: [{ reason: `bad ${hex(KEY)}` }] }, cause: 'logon: correct horse' }, 'no');
    expect(JSON.parse(written)).toMatchObject({
      details: { legs: [{ reason: 'bad [secret]' }] },
      cause: 'logon: [secret]',
    });
  });
});
