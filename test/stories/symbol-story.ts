/**
 * Stories that chance tells of several advisories in one symbol on a netting account: entries and exits fill, in parts or whole,
 * fills are taken back and corrected, answers of submits are lost, and the process is restarted in between.
 *
 * 1. A seed repeats its story exactly.
 * 2. What happens at the venue is all told in the end; nobody but the engine trades, unless a stranger is asked for.
 */
import { createEngine, type Engine, type ExecutionResult, type Mismatch } from 'fillchart';
import { seededRandom, virtualClock } from 'fillchart/testing';
import { checkpointFault } from '../../src/engine/checkpoint-fault.js';
import { keptJournal } from '../memory/kept-journal.js';
import { OwnVenue } from './own-venue.js';
import { advisory } from './support.js';

interface StoryOptions {
  /** So much is bought (or sold, when negative) by somebody else while the last execution is in flight. */
  readonly stranger?: number;
}

interface StoryEnd {
  readonly results: ReadonlyMap<string, ExecutionResult>;
  /** Differences of a position that reconciliations found, with the advisory before them. */
  readonly positions: readonly string[];
  /** What happened, a line each. */
  readonly told: readonly string[];
  /** What happened how often. */
  readonly counts: Readonly<Record<string, number>>;
  readonly strangerBy: string | undefined;
  /** What is wrong with the last checkpoint, held against all records. */
  readonly fault: string | undefined;
}

const KINDS: readonly Mismatch['kind'][] = ['PHANTOM_POSITION', 'MISSING_POSITION', 'POSITION_SIZE'];

const OPEN = ['submitted', 'partially_filled', 'working'];

interface Entry {
  readonly advisoryId: string;
  readonly size: number;
  readonly id: string;
}

interface Filled {
  readonly order: string;
  readonly fill: string;
}

export async function symbolStory(seed: string | number, { stranger }: StoryOptions = {}): Promise<StoryEnd> {
  const random = seededRandom(`symbol-${seed}`);
  const clock = virtualClock();
  const venue = new OwnVenue();
  const journal = keptJournal();
  const entries: Entry[] = [];
  const fills: Filled[] = [];
  const told: string[] = [];
  const counts: Record<string, number> = {};
  const results = new Map<string, ExecutionResult>();
  let strangerBy: string | undefined;
  let engine = await begin();

  function say(what: string, details = ''): void {
    counts[what] = (counts[what] ?? 0) + 1;
    told.push(`${clock.monotonic()} ${what} ${details}`);
  }

  function begin(): Promise<Engine> {
    const parts = { broker: venue.adapter, clock, journal, logger: false, onMismatch: 'report-only' } as const;
    return clock.runUntil(createEngine(parts));
  }

  function listen(advisoryId: string): void {
    const keep = (result: ExecutionResult) => void results.set(advisoryId, result);
    engine.execution(advisoryId)?.result.then(keep, () => undefined);
  }

  async function startNext(): Promise<void> {
    const size = random.int(1, 10) * 10;
    const short = { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' } as const;
    const advisoryId = 'ABCD'[entries.length] ?? 'E';
    venue.losesAnswer = random.chance(0.25);
    if (venue.losesAnswer) say('lost answer');
    const isShort = random.chance(0.3);
    const differs = { positionSize: String(size), ...(isShort && short) };
    const { clientOrderId: id } = engine.start(advisory(advisoryId, differs));
    entries.push({ advisoryId, size, id });
    say('start', `${advisoryId} ${isShort ? 'sell' : 'buy'} ${size}`);
    listen(advisoryId);
    await clock.advance(100);
  }

  /** @param isLate also when the order is over: a fill that crossed its end */
  function fillSome(id: string, price: number, what: string, isLate = false): void {
    const order = venue.report(id);
    if (order === undefined || OPEN.includes(order.state) === isLate || order.state === 'filled') return;
    const quantity = Number(order.quantity) - Number(order.filledSize);
    const part = random.chance(0.6) ? quantity : Math.max(1, Math.floor(quantity / 2));
    if (part <= 0) return;
    fills.push({ order: id, fill: venue.fill(id, part, price) });
    say(what, `${id} ${part} of ${quantity}`);
  }

  const cancelled = (): readonly string[] =>
    entries.flatMap(({ id }) => [id, `${id}-sl`, `${id}-tp`]).filter((id) => venue.report(id)?.state === 'cancelled');

  function takeBack(): void {
    const [at] = [random.int(0, Math.max(0, fills.length - 1))];
    const [filled] = fills.splice(at, 1);
    if (filled === undefined) return;
    const { state = '' } = venue.report(filled.order) ?? {};
    const isOpen = OPEN.includes(state);
    const isExit = /-(sl|tp)$/.test(filled.order);
    const after = isOpen ? (isExit ? 'working' : 'submitted') : state === 'filled' && isExit ? 'cancelled' : state;
    venue.bust(filled.order, filled.fill, after === 'submitted' && random.chance(0.3) ? 'partially_filled' : after);
    say(isExit ? 'bust of an exit' : isOpen ? 'bust' : 'bust after the end', `${filled.order} ${filled.fill} ${after}`);
    if (random.chance(0.3)) venue.tellAgain(filled.order, { correction: { kind: 'bust', fillId: filled.fill } });
  }

  function correct(): void {
    if (fills.length === 0) return;
    const { order, fill } = fills[random.int(0, fills.length - 1)] as Filled;
    venue.correct(order, fill, 150 + random.int(0, 200) / 100);
    say('correction', `${order} ${fill}`);
  }

  async function restart(): Promise<void> {
    await clock.runUntil(engine.close());
    const isWhole = random.chance(0.5);
    if (isWhole) journal.checkpoint = undefined;
    say('restart', isWhole ? 'from all records' : 'from the checkpoint');
    venue.isAlone = true;
    for (let n = random.int(0, 2); n > 0; n -= 1) happen();
    await clock.advance(random.int(0, 1_500));
    engine = await begin();
    for (const { advisoryId } of entries) listen(advisoryId);
    await clock.advance(200);
  }

  const anyOf = <T>(items: readonly T[]): T | undefined => items[random.int(0, Math.max(0, items.length - 1))];

  function happen(): void {
    const what = random.weighted({
      entry: 4,
      exit: 3,
      quiet: 1,
      bust: 2,
      correct: 1,
      late: 0.5,
      cancel: 0.4,
      again: 0.5,
    });
    const { id = '' } = anyOf(entries) ?? {};
    if (what === 'entry') fillSome(id, 150 + random.int(0, 200) / 100, 'fill');
    else if (what === 'exit') {
      const leg = random.pick(['sl', 'tp']);
      fillSome(`${id}-${leg}`, leg === 'sl' ? 148 : 155, 'exit fills');
    } else if (what === 'quiet') {
      // Nobody says it: polls and looks find it.
      venue.isSilent = true;
      fillSome(random.chance(0.5) ? id : `${id}-tp`, 155, 'quiet fill');
      venue.isSilent = false;
    } else if (what === 'late') fillSome(anyOf(cancelled()) ?? '', 150, 'late fill', true);
    else if (what === 'bust') takeBack();
    else if (what === 'correct') correct();
    else if (what === 'again' && venue.report(id) !== undefined) venue.tellAgain(id);
    else if (what === 'cancel' && venue.report(id)?.state !== undefined) venue.end(id, 'cancelled');
  }

  const wanted = random.int(2, 4);
  for (let steps = random.int(8, 24); steps > 0; steps -= 1) {
    if (entries.length < wanted && (entries.length === 0 || random.chance(0.3))) await startNext();
    else if (random.chance(0.12)) await restart();
    else happen();
    await clock.advance(random.pick([0, 50, 200, 500, 1_000, 4_000, 12_000]));
  }
  if (stranger !== undefined) {
    const before = entries.length;
    await startNext();
    const last = entries[before];
    venue.trade('AAPL', stranger);
    if (random.chance(0.5)) await restart();
    if (last !== undefined && venue.report(last.id) !== undefined) {
      strangerBy = last.advisoryId;
      venue.fill(last.id, last.size, 151);
    }
  }
  await clock.advance(60_000);
  const positions = [...results].flatMap(([advisoryId, { reconciliationReport }]) =>
    (reconciliationReport?.mismatches ?? [])
      .filter(({ kind }) => KINDS.includes(kind))
      .map(({ message }) => `${advisoryId}: ${message}`),
  );
  await clock.runUntil(engine.close());
  const { checkpoint } = journal;
  const fault = checkpoint && checkpointFault(await journal.open(), checkpoint);
  return { results, positions, told, counts, strangerBy, fault };
}
