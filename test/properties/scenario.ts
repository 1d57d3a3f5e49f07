/**
 * A scenario: an advisory, a broker with its faults, and an operator, as plain JSON, and how it is run.
 *
 * 1. The same scenario runs the same way each time: time is virtual and nothing is random.
 * 2. What comes of it is judged by the laws alone, and by the broker's own truth.
 */

import type { Clock, JournalRecord } from 'fillchart';
import {
  type BrokerAdapter,
  createEngine,
  type Engine,
  type ExecutionResult,
  type KillSwitchState,
  type KillSwitchType,
  type SnapshotInput,
} from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import {
  type BrokenLaw,
  type BrokerMethod,
  brokenLaws,
  type Fault,
  type FaultBroker,
  faultBroker,
  type LawSubject,
  type OrderScript,
  VIRTUAL_EPOCH_MS,
  type VirtualClock,
  virtualClock,
} from 'fillchart/testing';

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
}

export interface SwitchMove {
  readonly atMs: number;
  readonly type: KillSwitchType;
  readonly state: KillSwitchState;
  readonly target?: string;
}

export interface ScenarioOutcome {
  readonly subject: LawSubject;
  readonly broken: readonly BrokenLaw[];
}

/** What stands between engine and world in a negative control. */
export interface Sabotage {
  readonly broker?: (broker: FaultBroker) => BrokerAdapter;
  readonly clock?: (clock: Clock) => Clock;
}

/** Longest life: validation, E3, and a restart. */
const LONGEST_MS = 200_000;

export async function runScenario(scenario: Scenario, sabotage: Sabotage = {}): Promise<ScenarioOutcome> {
  const clock = virtualClock();
  const broker = brokerFor(scenario, clock);
  const journal = memoryJournal();
  const records: JournalRecord[] = [];
  const noted = {
    ...journal,
    append: (appended: readonly JournalRecord[]) => {
      records.push(...appended);
      return journal.append(appended);
    },
  };
  const open = () =>
    clock.runUntil(
      createEngine({
        broker: sabotage.broker?.(broker) ?? broker,
        clock: sabotage.clock?.(clock) ?? clock,
        journal: noted,
        logger: false,
        pollIntervalMs: scenario.pollIntervalMs,
      }),
      LONGEST_MS,
    );
  let engine = await open();
  let isOpen = true;
  for (const move of scenario.switches) clock.setTimeout(() => (isOpen ? flip(engine, move) : undefined), move.atMs);
  const results: ExecutionResult[] = [];
  let truth: BrokerTruth;
  await live(
    scenario,
    clock,
    () => engine,
    (result) => {
      // What fills after the end is for the next sweep to find.
      if (results.length === 0) truth = truthOf(broker);
      results.push(result);
    },
    async () => {
      isOpen = false;
      await clock.runUntil(engine.close(), LONGEST_MS);
      engine = await open();
      isOpen = true;
    },
  );
  const { advisoryId } = scenario.advisory;
  const subject: LawSubject = {
    advisoryId,
    calls: broker.calls,
    records,
    cases: engine.cases.all(),
    epochMs: VIRTUAL_EPOCH_MS,
    results,
  };
  return { subject, broken: [...brokenLaws(subject), ...hiddenFills(subject, truth)] };
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

function brokerFor(scenario: Scenario, clock: Clock): FaultBroker {
  const { faults, tickSize, heldBefore } = scenario;
  const { symbol } = scenario.advisory;
  return faultBroker({
    clock,
    script: scenario.script,
    faults: Object.fromEntries(
      Object.entries(faults).map(([method, list]) => [method, (call: number) => list?.[call - 1] ?? undefined]),
    ),
    instruments: { [symbol]: { symbol, tickSize, lotSize: '1' } },
    positions: { [symbol]: heldBefore },
    capabilities: { push: scenario.push },
  });
}

type BrokerTruth = ReturnType<FaultBroker['truth']>;

/** What the broker knows of the entry order. */
function truthOf(broker: FaultBroker): BrokerTruth {
  const clientOrderId = broker.calls.find(({ method }) => method === 'submitOrder')?.clientOrderId;
  return clientOrderId === undefined ? undefined : broker.truth(clientOrderId);
}

/** What the broker truly filled by the end is protected, or somebody is told. */
function hiddenFills({ advisoryId, cases, results }: LawSubject, truth: BrokerTruth): readonly BrokenLaw[] {
  if (truth === undefined || truth.filledSize === '0' || results.length === 0) return [];
  // What the sweep finds it tells for the symbol; an execution is told for by its advisory.
  const isTold = cases.some((known) => known.advisoryId === advisoryId || known.advisoryId === undefined);
  const isProtected = results.some(
    ({ finalSl, finalTp, finalPositionSize }) =>
      finalSl !== undefined && finalTp !== undefined && finalPositionSize === truth.filledSize,
  );
  return isTold || isProtected
    ? []
    : [{ law: 'L7', why: `the broker filled ${truth.filledSize}: not protected, and no case` }];
}
