/**
 * Plain English (CONTRIBUTING, Style): words and phrases that readers have stumbled over do not come back.
 *
 * 1. A word of the field keeps the meaning that the field gives it: a desk trades, a book has bids and asks, a share is equity.
 * 2. A sentence says what it means: the list has the riddles that were found, each with what to write in its place.
 * 3. Each entry is shown a sample that it must catch, and one that it must not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Word {
  readonly word: string;
  readonly pattern: RegExp;
  /** What to write in its place. */
  readonly instead: string;
  readonly caught: string;
  readonly fine: string;
}

const WORDS: readonly Word[] = [
  {
    word: 'desk',
    pattern: /\b(?:the|a|this|open(?:s|ed)?|sits? down at the) (?!support |trading |help )desks?\b/i,
    instead: 'journal admin, connection, operator',
    caught: 'Opens the desk of a journal.',
    fine: 'Ask the trading desk, or the support desk of the broker.',
  },
  {
    word: 'book',
    pattern: /\b(?:position|case|life|script)[- ]books?\b/i,
    instead: 'order store, case register, totals',
    caught: 'The case book knows it.',
    fine: 'An order book has bids and asks.',
  },
  {
    word: 'share',
    pattern: /\b(?:own|others'?|their) share\b/i,
    instead: 'own fills, own part',
    caught: 'Each finds its own share of the position.',
    fine: 'The run buys one share.',
  },
  {
    word: 'left at once',
    pattern: /\b(?:left|leaves) at once\b/i,
    instead: 'ended at once; orders may still be live',
    caught: 'Left at once.',
    fine: 'What is left is sent at once.',
  },
  {
    word: 'says so',
    pattern: /, and (?:\w+ ){1,6}says so\b|\bsays so (?:loudly|by|in a)\b/i,
    instead: 'name what is said, and where',
    caught: 'It is late, and the end of the run says so.',
    fine: 'It goes on when the exchange says so.',
  },
  {
    word: 'as it should be',
    pattern: /\bnot as it should be\b/i,
    instead: 'a check failed',
    caught: 'What was checked is not as it should be.',
    fine: 'The size is not what it should be for.',
  },
  {
    word: 'a person must look at',
    pattern: /\ba person must look at\b/i,
    instead: 'needs manual review',
    caught: 'Six end in a way that a person must look at.',
    fine: 'A person looks at the case.',
  },
  {
    word: 'come what may',
    pattern: /\bcome what may\b/i,
    instead: 'always',
    caught: 'One order, come what may.',
    fine: 'An order may come late.',
  },
  {
    word: 'put right',
    pattern: /\b(?:is|are) put right\b/i,
    instead: 'fixed, corrected',
    caught: 'The broker is put right.',
    fine: 'The operator puts it right.',
  },
];

const root = fileURLToPath(new URL('..', import.meta.url));

/** What users read: the pages, and the texts of the command line. */
function texts(): readonly { readonly path: string; readonly text: string }[] {
  const pages = readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md') && name !== 'traceability.md')
    .map((name) => `docs/${name}`);
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(?:cli|engine|actors|domain|create|reconcile|index).*\.ts$/.test(name))
    .map((name) => `src/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...pages, ...sources].map((path) => ({
    path,
    text: readFileSync(`${root}${path}`, 'utf8').replaceAll(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' '),
  }));
}

describe('plain English', () => {
  const all = texts();
  it.each(WORDS)('$word: $instead', ({ pattern, caught, fine }) => {
    expect(pattern.test(caught), 'the control').toBe(true);
    expect(pattern.test(fine), 'what is fine').toBe(false);
    expect(
      all.filter(({ text }) => pattern.test(text)).map(({ path, text }) => `${path}: ${around(text, pattern)}`),
    ).toEqual([]);
  });
});

function around(text: string, pattern: RegExp): string {
  const at = text.search(pattern);
  return text.slice(Math.max(0, at - 40), at + 60);
}
