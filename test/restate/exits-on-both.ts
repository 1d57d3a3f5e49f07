/**
 * The exits of one position after its result, on an engine and on the objects of Restate: two venues, to which the same happens.
 */
import { createEngine, type EngineOptions, type ExecutionResult } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import type { Observable } from 'rxjs';
import { map } from 'rxjs/operators';
import { brokerCalls } from '../../src/actors/broker-calls.js';
import type { Case } from '../../src/domain/cases.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import { CALL_DEADLINES } from '../../src/domain/limits.js';
import type { BrokerCapabilities, Journal, OrderReport } from '../../src/domain/ports.js';
import { protectionInputOf } from '../../src/engine/protections.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { leftBy } from '../../src/restate/ended.js';
import { exitsHandlers } from '../../src/restate/exits-object.js';
import { gateHandlers } from '../../src/restate/gate-object.js';
import { newLife } from '../../src/restate/life.js';
import { limitsHandlers } from '../../src/restate/limits-object.js';
import { logHandlers } from '../../src/restate/log-object.js';
import { advisoriesHandlers } from '../../src/restate/objects.js';
import { pagesHandlers } from '../../src/restate/pages-object.js';
import { pushedReports } from '../../src/restate/pushed-reports.js';
import { HOST_SETTINGS } from '../../src/restate/settings.js';
import { symbolsHandlers } from '../../src/restate/symbols-object.js';
import type { PositionView } from '../../src/views/position-view.js';
import { OwnVenue } from '../stories/own-venue.js';
import { advisory } from '../stories/support.js';
import { fakeRestate } from './fake-restate.js';
import { type BenchSetting, bench } from './support.js';

/** What a person is told of it in the end. */
interface Told {
  readonly cases: readonly (readonly [kind: string, sentences: readonly string[]])[];
  readonly position: object | undefined;
  /** RISK_LIMIT, by the loss of the day (G3). */
  readonly isHalted: boolean;
}

export interface ExitsStory {
  readonly venue: OwnVenue;
  /** `clientOrderId` of the entry. */
  readonly id: string;
  advance(ms: number): Promise<void>;
  /** The same, and Restate does not answer meanwhile: what is due comes late. */
  away(ms: number): Promise<void>;
}

export interface ExitsSetting {
  readonly capabilities?: Partial<BrokerCapabilities>;
  readonly limits?: EngineOptions['limits'];
  /** What strangers hold in the symbol before. */
  readonly baseline?: number;
}

function venueOf({ capabilities, baseline = 0 }: ExitsSetting): OwnVenue {
  const venue = new OwnVenue();
  Object.assign(venue.adapter.capabilities, capabilities);
  if (capabilities?.batchStatus === true) {
    Object.assign(venue.adapter, {
      getOrderStatuses: async (refs: readonly { readonly clientOrderId: string }[]) =>
        refs.flatMap(({ clientOrderId }) => venue.report(clientOrderId) ?? []),
    });
  }
  venue.trade('AAPL', baseline);
  return venue;
}

const tellingOf = (cases: readonly Case[], position: PositionView | undefined, isHalted: boolean): Told => ({
  cases: cases.map(({ kind, mismatches }) => [kind, mismatches.map(({ message }) => message)] as const),
  position: position && shown(position),
  isHalted,
});

/** All but the moments, which are those of each host. */
function shown({ openedAt: _opened, closed, ...rest }: PositionView): object {
  const { at: _at, ...how } = closed ?? { at: '' };
  return { ...rest, ...(closed !== undefined && { closed: how }) };
}

/** The position on an engine; `records` are those of its execution. */
async function onEngine(setting: ExitsSetting, story: (now: ExitsStory) => Promise<void>) {
  const clock = virtualClock();
  const venue = venueOf(setting);
  const memory = memoryJournal();
  const written: JournalRecord[] = [];
  const journal: Journal = {
    ...memory,
    append(records) {
      written.push(...records);
      return memory.append(records);
    },
  };
  const { limits } = setting;
  const options = { broker: venue.adapter, clock, journal, logger: false, ...(limits && { limits }) } as const;
  const engine = await clock.runUntil(createEngine(options));
  const execution = engine.start(advisory('A'));
  await clock.advance(500);
  venue.fill(execution.clientOrderId, 100, 151);
  await clock.runUntil<ExecutionResult>(execution.result);
  const records = written.filter(({ stream }) => stream === 'execution');
  const advance = (ms: number) => clock.advance(ms);
  await story({ venue, id: execution.clientOrderId, advance, away: advance });
  const told = tellingOf(engine.cases.all(), engine.positions()[0], engine.killSwitch.isActive('AAPL'));
  await clock.runUntil(engine.close());
  return { told, records, facts: written.filter(({ stream }) => stream === 'protection').length };
}

/** The life that the engine recorded, as its host on Restate folds it. */
function lifeOf(records: readonly JournalRecord[]) {
  const facts = records.map(({ fact }) => fact as unknown as ExecutionFact);
  const [first] = facts;
  if (first?.type !== 'START') throw new Error('an execution begins with START');
  const life = newLife(first.advisory);
  for (const fact of facts) life.take(fact);
  return life;
}

function objects(clock: VirtualClock, venue: OwnVenue, { limits }: ExitsSetting) {
  const given: BenchSetting = { broker: venue.adapter, ...(limits && { risk: { limits } }) };
  const { adapter: broker } = venue;
  const { capabilities } = broker;
  const deadlines = CALL_DEADLINES;
  const calls = brokerCalls({ broker, capabilities, clock, deadlines, connected: async () => undefined });
  const parts = { ...bench(given), broker, clock, capabilities, calls, settings: HOST_SETTINGS };
  const sweeps: string[] = [];
  const now = fakeRestate(
    {
      exits: exitsHandlers(parts),
      ...{
        gate: gateHandlers(),
        symbols: symbolsHandlers,
        pages: pagesHandlers,
        limits: limitsHandlers(parts),
      },
      log: logHandlers(HOST_SETTINGS),
      advisories: advisoriesHandlers({ settings: HOST_SETTINGS }),
      directory: { add: async () => undefined },
      sweeps: { begin: async () => void sweeps.push('begun') },
    } as Parameters<typeof fakeRestate>[0],
    clock.now(),
  );
  return { now, sweeps };
}

/** The same on the objects of Restate, which hear pushes as several workers do. */
async function onRestate(
  setting: ExitsSetting,
  records: readonly JournalRecord[],
  story: (now: ExitsStory) => Promise<void>,
): Promise<{ readonly told: Told; readonly facts: number }> {
  const clock = virtualClock();
  const venue = venueOf(setting);
  const { now } = objects(clock, venue, setting);
  const life = lifeOf(records);
  const { context } = life;
  const { clientOrderId, advisoryId, snapshot, bracket } = context;
  const signal = new AbortController().signal;
  const order = { clientOrderId, symbol: snapshot.symbol, side: snapshot.side, quantity: '100', orderType: 'MARKET' };
  await venue.adapter.submitOrder(order as Parameters<typeof venue.adapter.submitOrder>[0], signal);
  venue.fill(clientOrderId, 100, 151);
  const { stopLoss = '', takeProfit = '' } = bracket ?? {};
  await venue.adapter.placeProtection({ ...order, side: 'sell', stopLoss, takeProfit }, signal);
  await now.call('advisories', advisoryId, 'claim', { input: life.records[0] && inputOf(records) });
  await now.call('advisories', advisoryId, 'finish', { result: context.result, records: life.records });
  const { capabilities } = venue.adapter;
  await now.call('symbols', snapshot.symbol, 'enter', clientOrderId);
  await now.call('symbols', snapshot.symbol, 'over', leftBy(context, life.lastAt, capabilities).ended);
  const input = protectionInputOf(context, capabilities);
  const isLimited = setting.limits === undefined ? {} : { isLimited: true };
  await now.call('exits', clientOrderId, 'begin', { ...input, ...isLimited });
  const reports$ = (venue.adapter.reports$ as Observable<OrderReport>).pipe(
    map((raw) => ({ clientOrderId: raw.clientOrderId, raw })),
  );
  const ingress = {
    call: <T>(service: string, key: string, handler: string, body?: unknown) =>
      now.call(service, key, handler, JSON.parse(JSON.stringify(body))) as Promise<T>,
  };
  const workers = [1, 2].map(() => pushedReports({ unfollowed$: reports$, hosted: new Set(), ingress, clock }));
  async function advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await clock.advance(STEP_MS);
      await now.advance(STEP_MS);
    }
  }
  async function away(ms: number): Promise<void> {
    await clock.advance(ms);
    await now.advance(ms);
  }
  await story({ venue, id: clientOrderId, advance, away });
  for (const worker of workers) worker.close();
  const cases = (await now.call('gate', 'all', 'cases')) as readonly Case[];
  const { switches } = (await now.call('gate', 'all', 'read', 0)) as {
    switches: readonly { readonly state: string }[];
  };
  const view = (await now.call('exits', clientOrderId, 'view')) as PositionView | null;
  const facts = (await now.call('exits', clientOrderId, 'facts')) as readonly unknown[];
  const isHalted = switches.some(({ state }) => state === 'ACTIVE');
  return { told: tellingOf(cases, view ?? undefined, isHalted), facts: facts.length };
}

const STEP_MS = 250;

function inputOf(records: readonly JournalRecord[]) {
  const [first] = records.map(({ fact }) => fact as unknown as ExecutionFact);
  if (first?.type !== 'START') throw new Error('an execution begins with START');
  return first.advisory;
}

/** What the two tell of the same story. */
export async function onBoth(
  story: (now: ExitsStory) => Promise<void>,
  setting: ExitsSetting = {},
): Promise<{ readonly engine: Told; readonly restate: Told; readonly facts: Readonly<Record<string, number>> }> {
  const { told, records, facts } = await onEngine(setting, story);
  const restate = await onRestate(setting, records, story);
  return { engine: told, restate: restate.told, facts: { engine: facts, restate: restate.facts } };
}
