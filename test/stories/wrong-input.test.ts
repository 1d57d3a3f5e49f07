/**
 * Callers from JavaScript have no compiler: what an exported function cannot take, it refuses in a sentence (E8).
 */
import * as fillchart from 'fillchart';
import * as adapters from 'fillchart/adapters';
import { alpacaBroker } from 'fillchart/alpaca';
import { ccxtBroker } from 'fillchart/ccxt';
import { createClient } from 'fillchart/client';
import { fixBroker } from 'fillchart/fix';
import { adapterPaths, conformanceReport, conformBroker, executionPaths } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { protectionFor } from '../../src/domain/bracket.js';

type Anything = (...given: readonly unknown[]) => unknown;

/** What no function takes as its only argument. */
const WRONG: readonly unknown[] = [null, 42, { nonsense: 1 }, Symbol('x')];

/** A sentence for the caller, not what the language says of a missing member. */
const isSentence = (error: unknown): boolean =>
  error instanceof Error &&
  !/Cannot (?:read|destructure|convert)|is not (?:a function|iterable)|undefined is not/.test(error.message) &&
  /accepted (?:is|are)|did you mean|known are|must|missing|Check that|is not a number|is not known|has no/.test(
    error.message,
  );

async function refusal(call: Anything, given: readonly unknown[]): Promise<unknown> {
  try {
    await call(...given);
    return 'taken';
  } catch (error) {
    return isSentence(error) ? 'refused in a sentence' : error;
  }
}

/** These take anything, and say what it is; or take nothing. */
const TAKES_ANYTHING = ['parseDecimal', 'memoryJournal', 'systemClock', 'readSqliteJournal'];

const functionsOf = (exported: object): readonly (readonly [string, Anything])[] =>
  Object.entries(exported).filter(
    (entry): entry is [string, Anything] =>
      typeof entry[1] === 'function' && !/^[A-Z]/.test(entry[0]) && !TAKES_ANYTHING.includes(entry[0]),
  );

describe('an exported function', () => {
  const others = { alpacaBroker, ccxtBroker, fixBroker, createClient, conformBroker, conformanceReport };
  const all = functionsOf({ ...fillchart, ...adapters, ...others });

  it('E8: is looked at, each of them', () => {
    expect(all.map(([name]) => name)).toEqual(
      expect.arrayContaining(['createEngine', 'createKillSwitch', 'protectionFor', 'sqliteJournal', 'paperBroker']),
    );
  });

  it.each(all)('E8: %s refuses what it cannot take, in a sentence', async (name, call) => {
    // Any advisory has a hash, also one that cannot be executed (R1.2).
    const given = name === 'snapshotHash' ? WRONG.filter((one) => typeof one !== 'object' || one === null) : WRONG;
    for (const wrong of given) expect(await refusal(call, [wrong]), String(wrong)).toBe('refused in a sentence');
  });

  it('E8: without any options, those that need some say so', async () => {
    for (const call of [adapters.sqliteJournal, fixBroker, ccxtBroker, createClient, fillchart.openJournalAdmin])
      expect(await refusal(call as Anything, [])).toBe('refused in a sentence');
    expect(() => executionPaths({ al: true } as never)).toThrow('executionPaths has no option al; did you mean "all"?');
    expect(() => adapterPaths('fills' as never)).toThrow('accepted is a list such as');
  });

  it('R2: protectionFor takes no side but the two: "BUY" is no sale', () => {
    const offsets = { slOffsetPct: '-0.02', tpOffsetPct: '0.03' };
    const upper = { side: 'BUY', ...offsets } as never;
    expect(() => fillchart.protectionFor('151', upper, { tickSize: '0.01' })).toThrow(
      'snapshot.side of protectionFor is "BUY"; accepted is "buy" or "sell".',
    );
  });

  it('E8: and a piece that does not look is found out by this', async () => {
    expect(await refusal(protectionFor as Anything, [null])).toBeInstanceOf(TypeError);
    expect(await refusal(() => undefined, [null])).toBe('taken');
  });
});
