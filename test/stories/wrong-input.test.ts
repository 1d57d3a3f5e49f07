/**
 * Callers from JavaScript have no compiler: what an exported function cannot take, it refuses in a sentence (E8).
 */
import * as fillchart from 'fillchart';
import * as adapters from 'fillchart/adapters';
import { alpacaBroker } from 'fillchart/alpaca';
import { ccxtBroker } from 'fillchart/ccxt';
import { ClientError, createClient } from 'fillchart/client';
import { fixBroker } from 'fillchart/fix';
import * as restate from 'fillchart/restate';
import * as service from 'fillchart/service';
import * as testing from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { protectionFor } from '../../src/domain/bracket.js';

type Anything = (...given: readonly unknown[]) => unknown;

/** What no function takes as its only argument. */
const WRONG: readonly unknown[] = [null, 42, { nonsense: 1 }, [1], Symbol('x')];

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
const TAKES_ANYTHING = ['parseDecimal', 'memoryJournal', 'systemClock', 'readSqliteJournal', 'newToken'];

/** A number is what these take. */
const TAKES_NUMBERS = ['seededRandom', 'replayCommand', 'virtualClock'];
/** A list is what these take. */
const TAKES_LISTS = ['virtualDisk', 'adapterPaths', 'verifyChain'];

function isTakenBy(name: string, one: unknown): boolean {
  // Any advisory has a hash, also one that cannot be executed (R1.2).
  if (name === 'snapshotHash') return typeof one === 'object' && one !== null;
  return (TAKES_NUMBERS.includes(name) && one === 42) || (TAKES_LISTS.includes(name) && Array.isArray(one));
}

const functionsOf = (exported: object): readonly (readonly [string, Anything])[] =>
  Object.entries(exported).filter(
    (entry): entry is [string, Anything] =>
      typeof entry[1] === 'function' && !/^[A-Z]/.test(entry[0]) && !TAKES_ANYTHING.includes(entry[0]),
  );

describe('an exported function', () => {
  const others = { alpacaBroker, ccxtBroker, fixBroker, createClient };
  const all = functionsOf({ ...fillchart, ...adapters, ...others, ...testing, ...service, ...restate });

  it('E8: is looked at, each of them', () => {
    expect(all.map(([name]) => name)).toEqual(
      expect.arrayContaining(['createEngine', 'createKillSwitch', 'protectionFor', 'sqliteJournal', 'paperBroker']),
    );
  });

  it.each(all)('E8: %s refuses what it cannot take, in a sentence', async (name, call) => {
    const given = WRONG.filter((one) => !isTakenBy(name, one));
    expect(given.length).toBeGreaterThan(2);
    for (const wrong of given) expect(await refusal(call, [wrong]), String(wrong)).toBe('refused in a sentence');
  });

  it('E8: without any options, those that need some say so', async () => {
    const { createEngine, openJournalAdmin } = fillchart;
    const { faultBroker, mortalProcess, simulate, tellStory, brokenLaws, venueTruths } = testing;
    const { createService, openApi, readTokens, tokenFile, tokenHash, tokenList, signatureOf, checkAccessLog } =
      service;
    const { restateFront, restateHost, openWorker, registerDeployment } = restate;
    const all = {
      ...{ sqliteJournal: adapters.sqliteJournal, fixBroker, ccxtBroker, createClient, createEngine, openJournalAdmin },
      ...{ faultBroker, mortalProcess, simulate, tellStory, brokenLaws, venueTruths },
      ...{ createService, openApi, readTokens, tokenFile, tokenHash, tokenList, signatureOf, checkAccessLog },
      ...{ restateFront, restateHost, openWorker, registerDeployment },
    };
    for (const [name, call] of Object.entries(all))
      expect(await refusal(call as Anything, []), name).toBe('refused in a sentence');
    expect(() => testing.executionPaths({ al: true } as never)).toThrow(
      'executionPaths has no option al; did you mean "all"?',
    );
    expect(() => testing.adapterPaths('fills' as never)).toThrow('accepted is a list such as');
  });

  it('E8: a misspelt name is answered with the one that is meant', async () => {
    const clock = testing.virtualClock();
    const ingressUrl = 'http://127.0.0.1:8080';
    const said: readonly (readonly [Anything, object, string])[] = [
      [
        testing.faultBroker as Anything,
        { clock, scripts: {} },
        'faultBroker has no option scripts; did you mean "script"?',
      ],
      [testing.simulate as Anything, { seed: 3 }, 'simulate has no option seed; did you mean "seeds"?'],
      [
        testing.alpacaSimulator as Anything,
        { quote: {} },
        'alpacaSimulator has no option quote; did you mean "quotes"?',
      ],
      [
        restate.restateHost as Anything,
        { ingressUrl, followms: 3 },
        'restateHost has no option followms; did you mean "followMs"?',
      ],
      [
        restate.restateFront as Anything,
        { clock, ingress_url: 'x' },
        'restateFront has no option ingress_url; did you mean "ingressUrl"?',
      ],
      [
        service.openApi as Anything,
        { version: '1', basepath: '' },
        'openApi has no option basepath; did you mean "basePath"?',
      ],
    ];
    for (const [call, given, sentence] of said)
      await expect((async () => call(given))()).rejects.toMatchObject({ code: 'INVALID_OPTION', message: sentence });
  });

  it('E8: a class of the test kit refuses what it cannot take, in a sentence', async () => {
    for (const Made of [testing.Venue, testing.VenuePort] as readonly (new (
      one: never,
    ) => object)[])
      for (const wrong of [undefined, ...WRONG])
        expect(await refusal((one) => new Made(one as never), [wrong]), Made.name).toBe('refused in a sentence');
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

describe('an exported class of errors', () => {
  const { FillchartError, SnapshotError } = fillchart;
  const { JournalError } = adapters;
  const made =
    (Made: unknown) =>
    (...given: readonly unknown[]) =>
      Reflect.construct(Made as typeof Error, [...given]);
  const WRONG_OF = {
    FillchartError: ['NOPE', null, 42, {}],
    SnapshotError: [null, 42, {}],
    ClientError: [null, 'x', {}],
  };

  it.each(Object.entries({ FillchartError, SnapshotError, ClientError }))(
    'E8: %s says what it is made of',
    async (name, Made) => {
      for (const wrong of WRONG_OF[name as keyof typeof WRONG_OF])
        expect(await refusal(made(Made), [wrong]), String(wrong)).toBe('refused in a sentence');
    },
  );

  it('E8: the second argument as well', async () => {
    expect(await refusal(made(FillchartError), ['ENGINE_CLOSED', 42])).toBe('refused in a sentence');
    expect(await refusal(made(ClientError), [404, null])).toBe('refused in a sentence');
    expect(await refusal(made(JournalError), ['NOPE', 'it is gone'])).toBe('refused in a sentence');
    expect(await refusal(made(JournalError), ['LOST', 42])).toBe('refused in a sentence');
    expect(() => made(SnapshotError)({ code: 'UNKNOWN_FIELD', field: 4, message: 'no' })).toThrow(
      'field of SnapshotError is 4; accepted is a text.',
    );
    expect(new FillchartError('ENGINE_CLOSED').message).toBe(fillchart.reasons.ENGINE_CLOSED.sentence);
  });

  it('E8: verifyChain looks at the ends that it is given', async () => {
    expect(await refusal(fillchart.verifyChain as Anything, [[], 'x'])).toBe('refused in a sentence');
    expect(await refusal(fillchart.verifyChain as Anything, [[], undefined, null])).toBe('refused in a sentence');
    expect(fillchart.verifyChain([], undefined).ok).toBe(true);
  });
});
