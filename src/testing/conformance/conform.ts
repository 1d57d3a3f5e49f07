/**
 * Runs the conformance cases against an adapter: in a test runner, case by case, or all at once, for a report.
 *
 * 1. No test runner is imported: `describe` and `it` come from the caller.
 * 2. A case is passed, failed with a sentence, or skipped with a reason; never anything else.
 * 3. Whatever is thrown while a case runs, in a call or outside any, fails that case; so does a case that never ends.
 */
import { setImmediate } from 'node:timers';
import { systemClock } from '../../adapters/system-clock.js';
import { parseDecimal } from '../../domain/decimal.js';
import { bench, ConformanceError, DEFAULT_BOUND_MS, NotApplicable } from './bench.js';
import { conformanceCases, type NumberedCase } from './cases.js';
import {
  type ConformanceOptions,
  type MakeBroker,
  SITUATIONS,
  type Situation,
  SubjectError,
  subjectOf,
} from './subject.js';

type CaseOutcome = 'passed' | 'failed' | 'skipped';

/** What one conformance case came to. @public @since 0.1.0 */
export interface CaseResult {
  /** Such as `BC-01`. */
  readonly id: string;
  readonly title: string;
  /** What went wrong for others, in one sentence: why the case is there. */
  readonly incident: string;
  readonly outcome: CaseOutcome;
  /** Why it failed, or was skipped. */
  readonly reason?: string;
  /** Real time, in ms. */
  readonly tookMs: number;
}

/** One conformance case, to run on its own. @public @since 0.1.0 */
export interface ConformanceCase {
  readonly id: string;
  readonly title: string;
  /** What went wrong for others, in one sentence: why the case is there. */
  readonly incident: string;
  run(): Promise<CaseResult>;
}

/** What a conformance run came to. @public @since 0.1.0 */
export interface ConformanceReport {
  readonly adapter: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** False when fewer than half of the cases ran: then nothing is proved, whatever the others came to. */
  readonly isProof: boolean;
  readonly cases: readonly CaseResult[];
}

/** The part of a test runner that is used; that of vitest fits. @public @since 0.1.0 */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: (context: { skip(reason?: string): unknown }) => Promise<void>): unknown;
}

let runs = 0;

/**
 * The cases for an adapter. With `describe` and `it` among the options they are registered as tests:
 * `conformBroker('mine', makeBroker, { symbol: 'AAPL', describe, it })`.
 *
 * @throws {TypeError} for a skip without a reason, a skip of a case that is not there, an unknown situation
 * @public @since 0.1.0
 */
export function conformBroker(
  name: string,
  makeBroker: MakeBroker,
  options: ConformanceOptions & Partial<TestRunner>,
): readonly ConformanceCase[] {
  assertGiven(name, makeBroker, options);
  assertOptions(options);
  const cases = conformanceCases.map((one) => ({
    id: one.id,
    title: one.title,
    incident: one.incident,
    run: () => runCase(one, makeBroker, options),
  }));
  const { describe, it } = options;
  if (describe === undefined || it === undefined) return cases;
  describe(`${name} keeps the promises of the broker port`, () => {
    for (const one of cases) {
      it(`${one.id} ${one.title}`, async (context) => {
        const { outcome, reason } = await one.run();
        if (outcome === 'skipped') context.skip(reason);
        if (outcome === 'failed') throw new ConformanceError(reason ?? 'failed');
      });
    }
  });
  return cases;
}

/**
 * Runs every case, one after the other, and counts.
 *
 * @throws {TypeError} for options that cannot be taken, and for a `makeBroker` that returns something else than a broker
 * @public @since 0.1.0
 */
export async function conformanceReport(
  name: string,
  makeBroker: MakeBroker,
  options: ConformanceOptions,
): Promise<ConformanceReport> {
  const results: CaseResult[] = [];
  for (const one of conformBroker(name, makeBroker, options)) results.push(await one.run());
  const count = (wanted: CaseOutcome) => results.filter(({ outcome }) => outcome === wanted).length;
  const skipped = count('skipped');
  return {
    adapter: name,
    passed: count('passed'),
    failed: count('failed'),
    skipped,
    isProof: skipped * 2 <= results.length,
    cases: results,
  };
}

async function runCase(one: NumberedCase, makeBroker: MakeBroker, options: ConformanceOptions): Promise<CaseResult> {
  const clock = systemClock();
  const began = clock.monotonic();
  const told = (outcome: CaseOutcome, reason?: string): CaseResult => ({
    id: one.id,
    title: one.title,
    incident: one.incident,
    outcome,
    ...(reason !== undefined && { reason }),
    tookMs: Math.round((clock.monotonic() - began) * 1_000) / 1_000,
  });
  const { skip = {}, situations = SITUATIONS } = options;
  const excuse = skip[one.id];
  if (excuse !== undefined) return told('skipped', excuse);
  if (one.needs !== 'any' && !situations.includes(one.needs))
    return told('skipped', `makeBroker cannot make the situation '${one.needs}'`);
  const loose = hearLoose(options);
  try {
    await inTime(tried(one, makeBroker, options), options);
    await aTurn();
    const heard = loose.sentence();
    return heard === undefined ? told('passed') : told('failed', heard);
  } catch (error) {
    if (error instanceof SubjectError) throw error;
    await aTurn();
    const heard = loose.sentence();
    if (error instanceof NotApplicable)
      return heard === undefined ? told('skipped', error.message) : told('failed', heard);
    const also = heard === undefined ? '' : `; also, ${heard}`;
    return told('failed', `${error instanceof Error ? error.message : String(error)}${also}${hintFor(one, options)}`);
  } finally {
    loose.stop();
  }
}

/** Node tells of a rejection that nobody heard when the turn is over. */
const aTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

interface Loose {
  /** What was thrown outside any call, if anything was. */
  sentence(): string | undefined;
  stop(): void;
}

function hearLoose({ onUncaughtException, onUnhandledRejection }: ConformanceOptions): Loose {
  const heard = new Set<string>();
  const stops = [
    onUncaughtException?.((cause) => void heard.add(`thrown outside any call: ${String(cause)}`)),
    onUnhandledRejection?.((cause) => void heard.add(`rejected, and nobody heard it: ${String(cause)}`)),
  ];
  return {
    sentence: () => (heard.size === 0 ? undefined : [...heard].join('; ')),
    stop: () => {
      for (const stop of stops) stop?.();
    },
  };
}

const LEAST_LIMIT_MS = 30_000;
const LIMIT_BOUNDS = 20;

/** For what no bound of a call covers: `makeBroker`, `wait`, `moveTo`, `end`. */
async function inTime(run: Promise<void>, { boundMs = DEFAULT_BOUND_MS }: ConformanceOptions): Promise<void> {
  const clock = systemClock();
  const limitMs = Math.max(LEAST_LIMIT_MS, LIMIT_BOUNDS * boundMs);
  let timer: unknown;
  const late = new Promise<never>((_resolve, reject) => {
    const sentence = `the case has not ended after ${limitMs} ms: makeBroker, wait, moveTo, cutPush or end goes on`;
    timer = clock.setTimeout(() => reject(new ConformanceError(sentence)), limitMs);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clock.clearTimeout(timer);
  }
}

/** Every broker fills; what only a scripted one can do may be what failed here. */
const MADE_BY_MOST: readonly Situation[] = ['any', 'fills'];

/** Where the options do not say which situations `makeBroker` can make, a failure may only mean that it cannot make this. */
const hintFor = ({ needs }: NumberedCase, { situations }: ConformanceOptions): string =>
  situations !== undefined || MADE_BY_MOST.includes(needs)
    ? ''
    : ` (this case needs the situation '${needs}': declare \`situations\` if makeBroker cannot make it, and it is skipped)`;

async function tried(one: NumberedCase, makeBroker: MakeBroker, options: ConformanceOptions): Promise<void> {
  runs += 1;
  const subject = subjectOf(await makeBroker(one.needs), one.needs);
  const onBench = bench(subject, options, `${one.id.toLowerCase()}-${runs}`);
  try {
    await onBench.call('connect', (signal) => subject.broker.connect?.(signal) ?? Promise.resolve());
    await one.run(onBench);
  } finally {
    await onBench.settled(Promise.resolve(subject.broker.close?.()), onBench.boundMs);
    await subject.end?.();
  }
}

function assertGiven(name: unknown, makeBroker: unknown, options: unknown): void {
  if (typeof name !== 'string') throw new TypeError('name of the adapter is missing; accepted is a text.');
  if (typeof makeBroker !== 'function')
    throw new TypeError('makeBroker is missing; accepted is a function that makes an adapter, flat and new.');
  if (typeof options !== 'object' || options === null)
    throw new TypeError("The options are missing; accepted is an object such as { symbol: 'AAPL' }.");
}

function assertOptions({ symbol, skip = {}, situations = [], expectedPrice }: ConformanceOptions): void {
  if (typeof symbol !== 'string' || symbol === '')
    throw new TypeError(`symbol of the options is ${String(symbol)}; accepted is a tradable symbol, such as 'AAPL'.`);
  if (expectedPrice !== undefined && parseDecimal(expectedPrice) === undefined)
    throw new TypeError(`expectedPrice is ${String(expectedPrice)}; accepted is a price, as a decimal string.`);
  for (const [id, reason] of Object.entries(skip)) {
    if (!conformanceCases.some((one) => one.id === id)) throw new TypeError(`skip names ${id}; there is no such case.`);
    if (typeof reason !== 'string' || reason.trim() === '') throw new TypeError(`skip of ${id} needs a reason.`);
  }
  for (const situation of situations) {
    if (!SITUATIONS.includes(situation))
      throw new TypeError(`situations names ${situation}; accepted are ${SITUATIONS.join(', ')}.`);
  }
}
