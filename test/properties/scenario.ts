/**
 * A scenario: an advisory, a broker with its faults, and an operator, as plain JSON, and how it is run.
 *
 * 1. The same scenario runs the same way each time: time is virtual and nothing is random.
 * 2. What comes of it is judged by the laws alone, and by the broker's own truth.
 */

import type { Clock, Journal } from 'fillchart';
import {
  type BrokerAdapter,
  createEngine,
  type Engine,
  type ExecutionResult,
  type KillSwitchState,
  type KillSwitchType,
  type SnapshotInput,
} from 'fillchart';
import {
  type BrokenLaw,
  type BrokerMethod,
  brokenLaws,
  type Fault,
  type FaultBroker,
  faultBroker,
  type LawSubject,
  type OrderScript,
  type VenueTruth,
  VIRTUAL_EPOCH_MS,
  type VirtualClock,
  venueTruths,
  virtualClock,
} from 'fillchart/testing';
import { type BrokenOutsideLaw, brokenOutsideLaws } from '../../src/testing/laws/outside-laws.js';
import { forgottenFill, type Telling, truthOf } from './broker-truth.js';
import { notedJournal } from './slow-journal.js';
import { type StaleReports, withStaleReports } from './stale-reports.js';

export interface Scenario {
  readonly advisory: Omit<SnapshotInput, 'expirationTimestamp'> & { readonly expiresInMs: number };
  readonly tickSize: string;
  readonly push: boolean;
  readonly pollIntervalMs: number;
  readonly script: OrderScript;
  /** By method, the fault of the n-th call; the last one does not stay. */
  readonly faults: { readonly [Method in BrokerMethod]?: readonly (Fault | null)[] };
  readonly heldBefore: string;
  readonly switches: readonly SwitchMove[];
  /** The advisory is sent again then. */
  readonly againAtMs?: number;
  /** The engine is closed then, and another opened on the same journal. */
  readonly restartAtMs?: number;
  /** Older reports of the order itself, told again. */
  readonly stale?: StaleReports;
  /** How long the n-th commit takes; the rest are durable at once. */
  readonly commitMs?: readonly number[];
  /** Filled when all is over, and told by a push or found by a sweep. */
  readonly strayFill?: { readonly quantity: string; readonly price: string; readonly toldBy: 'push' | 'sweep' };
}

export interface SwitchMove {
  readonly atMs: number;
  readonly type: KillSwitchType;
  readonly state: KillSwitchState;
  readonly target?: string;
}

interface ScenarioOutcome {
  readonly subject: LawSubject;
  readonly broken: readonly (BrokenLaw | BrokenOutsideLaw)[];
}

/** What stands between engine and world in a negative control. */
interface Sabotage {
  readonly broker?: (broker: FaultBroker, clock: Clock) => BrokerAdapter;
  /** Asked once for each engine that is opened. */
  readonly clock?: (clock: Clock) => Clock;
  readonly journal?: (journal: Journal) => Journal;
}

/** Longest life: validation, E3, and a restart. */
const LONGEST_MS = 200_000;
/** T of a stray fill: no life, repeated and restarted, lasts that long. */
const STRAY_FILL_AT_MS = 150_000;
/** Longer than any time between two polls. */
const WATCHED_AFTERWARDS_MS = 6_000;
/** By then the slow polls have heard what became of exits, and a person is told (B7). */
const EXITS_WATCHED_MS = 45_000;
const NO_STALE_REPORTS: StaleReports = { pushes: [], answers: [] };

export async function runScenario(scenario: Scenario, sabotage: Sabotage = {}): Promise<ScenarioOutcome> {
  const clock = virtualClock();
  const script = scriptOf(scenario);
  const inner = brokerFor(scenario, script, clock);
  const stale = withStaleReports(inner, clock, script, scenario.stale ?? NO_STALE_REPORTS);
  const { broker } = stale;
  const { journal, records, commits } = notedJournal(clock, broker.calls, scenario.commitMs ?? []);
  const open = () =>
    clock.runUntil(
      createEngine({
        broker: sabotage.broker?.(broker, clock) ?? broker,
        clock: sabotage.clock?.(clock) ?? clock,
        journal: sabotage.journal?.(journal) ?? journal,
        logger: false,
        pollIntervalMs: scenario.pollIntervalMs,
      }),
      LONGEST_MS,
    );
  let engine = await open();
  let isOpen = true;
  for (const move of scenario.switches) clock.setTimeout(() => (isOpen ? flip(engine, move) : undefined), move.atMs);
  const results: ExecutionResult[] = [];
  let orders: readonly VenueTruth[] = [];
  await live(
    scenario,
    clock,
    () => engine,
    (result) => {
      // What happens after the last look is for the next sweep, and for the watch of exits, to find.
      if (results.length === 0) orders = venueTruths(broker.venue, lastLookAt(broker));
      results.push(result);
    },
    async () => {
      isOpen = false;
      await clock.runUntil(engine.close(), LONGEST_MS);
      engine = await open();
      isOpen = true;
    },
  );
  stale.stop();
  const told = await afterwards(scenario, clock, engine, broker);
  const subject: LawSubject = {
    advisoryId: scenario.advisory.advisoryId,
    calls: broker.calls,
    records,
    cases: engine.cases.all(),
    epochMs: VIRTUAL_EPOCH_MS,
    results,
    commits,
  };
  const forgotten = told === undefined ? [] : forgottenFill(subject, truthOf(broker), told);
  const outside = brokenOutsideLaws({ orders, records, results: results.slice(0, 1), cases: subject.cases });
  return { subject, broken: [...brokenLaws(subject), ...outside, ...forgotten] };
}

/** When the broker was asked last. */
const lastLookAt = ({ calls }: FaultBroker): number => Math.max(0, ...calls.map(({ at }) => at));

/** When all is over: nothing may go on, and what fills then must be told. `undefined` when nothing is there to tell. */
async function afterwards(
  { strayFill, script }: Scenario,
  clock: VirtualClock,
  engine: Engine,
  broker: FaultBroker,
): Promise<Telling | undefined> {
  const isRough = script.exits !== undefined || script.corrections !== undefined;
  await clock.advance(isRough ? EXITS_WATCHED_MS : WATCHED_AFTERWARDS_MS);
  const submit = broker.calls.find(({ method }) => method === 'submitOrder');
  // A position that is not shown as it is hides what a sweep could find.
  const isHidden = script.live === false || script.positionShown !== undefined;
  if (strayFill === undefined || submit === undefined || isHidden) return undefined;
  await clock.advance(Math.max(0, submit.at + STRAY_FILL_AT_MS - clock.monotonic()));
  if (strayFill.toldBy === 'sweep') return clock.runUntil(engine.sweep(), LONGEST_MS);
  broker.push(truthOf(broker));
  await clock.settle();
  return 'push';
}

function scriptOf({ script, strayFill }: Scenario): OrderScript {
  if (strayFill === undefined) return script;
  const { quantity, price } = strayFill;
  return { ...script, fills: [...(script.fills ?? []), { at: STRAY_FILL_AT_MS, quantity, price }] };
}

async function live(
  { advisory, againAtMs, restartAtMs }: Scenario,
  clock: VirtualClock,
  engine: () => Engine,
  tell: (result: ExecutionResult) => void,
  restart: () => Promise<void>,
): Promise<void> {
  const { expiresInMs, ...rest } = advisory;
  const input: SnapshotInput = { ...rest, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + expiresInMs) };
  const send = () =>
    engine()
      .execute(input)
      .then(tell, () => undefined);
  const asked = [send()];
  if (againAtMs !== undefined) {
    await clock.advance(againAtMs);
    asked.push(send());
  }
  if (restartAtMs !== undefined) {
    await clock.advance(restartAtMs);
    await restart();
    asked.push(send());
  }
  await clock.runUntil(Promise.all(asked), LONGEST_MS);
}

/** A switch is moved as an operator would, who forces what is refused. */
function flip(engine: Engine, { type, state, target }: SwitchMove): void {
  const which = { type, ...(target !== undefined && { target }) };
  const done =
    state === 'ACTIVE'
      ? engine.killSwitch.set({ ...which, state, reason: 'scenario' })
      : engine.killSwitch.release({ ...which, by: 'operator', reason: 'scenario', force: true });
  done.catch(() => undefined);
}

function brokerFor(scenario: Scenario, script: OrderScript, clock: Clock): FaultBroker {
  const { faults, tickSize, heldBefore } = scenario;
  const { symbol } = scenario.advisory;
  return faultBroker({
    clock,
    script,
    faults: Object.fromEntries(
      Object.entries(faults).map(([method, list]) => [method, (call: number) => list?.[call - 1] ?? undefined]),
    ),
    instruments: { [symbol]: { symbol, tickSize, lotSize: '1' } },
    positions: { [symbol]: heldBefore },
    capabilities: { push: scenario.push },
  });
}
