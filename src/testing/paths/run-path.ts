/**
 * A path, run against the engine: each fact is brought about from outside, and what the engine then is and does is
 * compared with what the chart says.
 *
 * 1. Nothing is sent to the chart: the broker answers or pushes, the operator sets a switch, time passes, the process ends.
 * 2. After each fact the record, the chart's state and whole context, the stage and the calls to the broker must agree.
 * 3. After each fact the laws must hold on what has happened so far, and all of them at the end: `laws.ts` says which of
 *    them wait for it. A path that is not over is let go on by itself.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Execution } from '../../actors/execution.js';
import { exitIdOf } from '../../domain/exits.js';
import type { ExecutionResult } from '../../domain/result.js';
import type { ExecutionCommand } from '../../machines/execution.commands.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import { type ExecutionSnapshot, stageOfSnapshot, statePath } from '../../machines/execution.state.js';
import type { BrokerMethod } from '../fault-broker.js';
import { birth, chartStep } from '../laws/folded-life.js';
import { brokenLaws, type LawSubject } from '../laws/record-laws.js';
import { VIRTUAL_EPOCH_MS } from '../virtual-clock.js';
import { agreeingView, BROKER_ORDER_ID, rawReport } from './broker-words.js';
import { bareFact, type PathFact } from './path-fact.js';
import type { ModelPath } from './path-model.js';
import { type PathWorld, pathWorld } from './path-world.js';
import { advisoryOf, EXPIRY_STEP_MS, inputFor } from './profiles.js';

/** Raised where engine and chart part. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

export interface PathOutcome {
  readonly facts: readonly ExecutionFact[];
  readonly result: ExecutionResult;
}

interface Step {
  readonly fact: PathFact;
  readonly before: ExecutionSnapshot;
  readonly after: ExecutionSnapshot;
  readonly commands: readonly ExecutionCommand[];
}

/** What the chart says of the path. */
export function expectedSteps({ profile, facts }: ModelPath): readonly Step[] {
  let before: ExecutionSnapshot = birth(inputFor(profile));
  return facts.map((fact) => {
    const step = { fact, before, ...chartStep(before, fact) };
    before = step.after;
    return step;
  });
}

/** Runs the path. @throws {PathError} where engine and chart part, or a law is broken */
export async function runPath(path: ModelPath): Promise<PathOutcome> {
  const steps = expectedSteps(path);
  const [start] = path.facts;
  const gate = start?.type === 'START' ? start.gate : undefined;
  const world = await pathWorld({ withOpenCase: gate?.openCaseId !== undefined });
  try {
    if (gate !== undefined && gate.now !== start?.at) world.clock.stepWall(EXPIRY_STEP_MS);
    if (gate?.killSwitchState === 'ACTIVE')
      await world.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'path' });
    return await walk(path, steps, world);
  } finally {
    world.end();
  }
}

async function walk(path: ModelPath, steps: readonly Step[], world: PathWorld): Promise<PathOutcome> {
  const execution = world.engine.start(advisoryOf(path.profile));
  // An advisory that cannot be named has no place in the map: its handle is kept from the start.
  const live = (): Execution => world.engine.execution(execution.advisoryId) ?? execution;
  const subject = (): LawSubject => ({
    advisoryId: execution.advisoryId,
    calls: world.broker.calls,
    records: world.records,
    cases: world.engine.cases.all(),
    epochMs: VIRTUAL_EPOCH_MS,
    results: [],
    hasSlept: path.facts.some(({ plan }) => plan.asleep === true || plan.blocksMs !== undefined),
  });
  let callsBefore = 0;
  let expected: readonly BrokerMethod[] = [];
  for (const [index, step] of steps.entries()) {
    expected = [...expected, ...expectedCalls(step.fact, step.after, step.commands)];
    // What follows in the same turn calls in the same turn.
    const isFollowed = steps[index + 1]?.fact.plan.cause === 'follows';
    if (index > 0) await bringAbout(step, index, world);
    if (stateOf(step.after) === 'submitted.ready') world.hold();
    await world.clock.settle();
    check(step, index, world, live(), steps[index + 1]);
    if (stateOf(step.after) !== 'submitted.ready') await letGo(world);
    if (!isFollowed) {
      checkCalls(step, expected, world.broker.calls.slice(callsBefore), index);
      callsBefore = world.broker.calls.length;
      expected = [];
    }
    if (step.after.status === 'active') checkLaws(subject(), `fact ${index + 1} (${step.fact.plan.label}): `);
  }
  const result = await finished(live, world);
  checkLaws({ ...subject(), results: [result] }, '');
  return { facts: world.facts, result };
}

function checkLaws(subject: LawSubject, where: string): void {
  const broken = brokenLaws(subject);
  if (broken.length > 0) throw new PathError(broken.map(({ law, why }) => `${where}${law}: ${why}`).join('\n'));
}

async function letGo(world: PathWorld): Promise<void> {
  world.release();
  await world.clock.settle();
}

const stateOf = (snapshot: ExecutionSnapshot): string => statePath(snapshot.value);

/** Makes the fact happen. */
async function bringAbout({ fact, before, after }: Step, index: number, world: PathWorld): Promise<void> {
  const { clock } = world;
  const { cause, asleep } = fact.plan;
  const at = fact.at - VIRTUAL_EPOCH_MS;
  if (cause === 'follows') return;
  // The commit that comes before the last look is held until the look is wanted.
  if (stateOf(after) === 'submitted.ready') world.hold();
  if (cause === 'timer') {
    while (world.facts.length <= index && (await clock.fireNext(at)));
    return;
  }
  if (asleep !== true && at > clock.monotonic()) while (await clock.fireNext(at - 1));
  clock.moveTo(at);
  await act(fact, before, world);
}

async function act(fact: PathFact, before: ExecutionSnapshot, world: PathWorld): Promise<void> {
  const { broker, clock, engine } = world;
  switch (fact.type) {
    case 'BROKER_ASKED':
      return answerBroker(fact.answer, world);
    case 'SUBMIT_BLOCKED':
      if (fact.refusal.code === 'ADVISORY_EXPIRED') clock.stepWall(EXPIRY_STEP_MS);
      return world.release();
    case 'SUBMIT_STARTED':
      if (fact.plan.blocksMs !== undefined) broker.blockNextSubmit(fact.plan.blocksMs);
      return world.release();
    case 'SUBMIT_OUTCOME':
      return broker.answer('submitOrder', fact.outcome);
    case 'ORDER_REPORT':
      return broker.push(rawReport(before.context.clientOrderId, fact.report));
    case 'EXIT_REPORT': {
      const id = exitIdOf(before.context.clientOrderId, fact.leg);
      return broker.push({
        ...rawReport(id, fact.report),
        ...(fact.report.isWorking === true && { state: 'working' }),
      });
    }
    case 'CANCEL_OUTCOME':
      return broker.answer('cancelOrder', fact.outcome);
    case 'PROTECTION_OUTCOME':
      return broker.answer('placeProtection', fact.legs);
    case 'RECONCILED': {
      const { position } = fact.observed;
      const view = agreeingView(before.context);
      const size = position.kind === 'position' ? position.size : '0';
      broker.answer('getOrderStatus', { ...view.order, brokerOrderId: BROKER_ORDER_ID });
      return broker.answer('getPositions', [{ ...view.position, size }]);
    }
    case 'KILL_SWITCH':
      void engine.killSwitch.set({ type: fact.switchType, state: fact.state, reason: 'path' });
      return;
    case 'RECOVERED':
      return world.restart();
    case 'SUBMIT_WITHDRAWN':
      void engine.close({ drainMs: 0 }).catch(() => undefined);
      return;
    case 'START':
    case 'CANCEL_STARTED':
    case 'ORDER_LOOKED':
    case 'DEADLINE':
      throw new PathError(`${fact.type} cannot be brought about from outside`);
  }
}

function answerBroker(answer: Extract<PathFact, { type: 'BROKER_ASKED' }>['answer'], { broker }: PathWorld): void {
  if (answer.kind === 'unavailable') broker.fail('instrument', answer.cause.replace(/^instrument: /, ''));
  else broker.answer('instrument', answer.kind === 'answered' ? answer.instrument : 'unknown_symbol');
  broker.answer('getPositions', []);
}

function check(
  { fact, after }: Step,
  index: number,
  world: PathWorld,
  execution: Execution,
  next: Step | undefined,
): void {
  const { facts } = world;
  const where = `fact ${index + 1} (${fact.plan.label})`;
  const recorded = facts[index];
  const expected = bareFact(fact);
  if (recorded === undefined) throw new PathError(`${where}: expected ${show(expected)}, and nothing was recorded`);
  const wanted = fact.type === 'START' ? { ...expected, advisory: undefined } : expected;
  const found = recorded.type === 'START' ? { ...recorded, advisory: undefined } : recorded;
  if (!isDeepStrictEqual(plain(found), plain(wanted)))
    throw new PathError(`${where}: expected ${show(wanted)}, recorded ${show(found)}`);
  // A fact that follows in the same turn is recorded already; the state is compared after it.
  if (facts.length > index + 1) {
    if (fact.type === 'RECOVERED' || next?.fact.plan.cause === 'follows') return;
    throw new PathError(`${where}: the engine went on by itself: ${show(facts[index + 1])}`);
  }
  const snapshot = execution.actor.getSnapshot();
  if (!isDeepStrictEqual(snapshot.value, after.value))
    throw new PathError(`${where}: expected the state ${show(after.value)}, found ${show(snapshot.value)}`);
  if (!isDeepStrictEqual(plain(snapshot.context), plain(after.context)))
    throw new PathError(`${where}: the contexts differ: ${show(snapshot.context)} instead of ${show(after.context)}`);
  const stage = stageOfSnapshot(after);
  if (execution.stage !== stage) throw new PathError(`${where}: expected the stage ${stage}, found ${execution.stage}`);
}

const WRITES: readonly BrokerMethod[] = ['submitOrder', 'cancelOrder', 'placeProtection'];

/** The calls that the step must have made, and no other that writes. */
function checkCalls(
  { fact }: Step,
  expected: readonly BrokerMethod[],
  made: readonly { readonly method: BrokerMethod }[],
  index: number,
): void {
  const found = made
    .map(({ method }) => method)
    .filter((method) => WRITES.includes(method) || method === 'getPositions' || method === 'instrument');
  if (isDeepStrictEqual([...found].sort(), [...expected].sort())) return;
  throw new PathError(
    `fact ${index + 1} (${fact.plan.label}): expected the calls ${show(expected)}, found ${show(found)}`,
  );
}

function expectedCalls(
  fact: PathFact,
  after: ExecutionSnapshot,
  commands: readonly ExecutionCommand[],
): BrokerMethod[] {
  // A closed engine asks for nothing more.
  if (fact.type === 'SUBMIT_WITHDRAWN') return [];
  const isOver = after.status !== 'active';
  const calls = commands.flatMap(({ type }): BrokerMethod[] => {
    if (type === 'askBroker') return ['instrument', 'getPositions'];
    if (type === 'reconcile') return ['getPositions'];
    if (type === 'cancelOrder' && !isOver) return ['cancelOrder'];
    return type === 'placeProtection' ? ['placeProtection'] : [];
  });
  return fact.type === 'SUBMIT_STARTED' ? ['submitOrder', ...calls] : calls;
}

const MOST_TIMERS = 10_000;

/** Lets the engine end by itself: nobody answers any more. */
async function finished(live: () => Execution, world: PathWorld): Promise<ExecutionResult> {
  const execution = live();
  let result: ExecutionResult | undefined;
  void execution.result.then((value) => {
    result = value;
  });
  await world.clock.settle();
  for (let fired = 0; result === undefined; fired += 1) {
    if (fired > MOST_TIMERS || !(await world.clock.fireNext()))
      throw new PathError(`the execution never ends: it stays in ${statePath(execution.actor.getSnapshot().value)}`);
  }
  return result;
}

/** By name: which switch or case it was. The chart alone does not know; what is decided is the same (K8). */
const NAMING: readonly string[] = ['decidedBy', 'openCase', 'refusedBy'];
const SWITCH_NAMED = / It is (?:GLOBAL|SYMBOL_LEVEL|RISK_LIMIT|MANUAL)\b.*$/s;

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member: unknown) => {
      if (NAMING.includes(key)) return undefined;
      return typeof member === 'string' ? member.replace(SWITCH_NAMED, '') : member;
    }) ?? 'null',
  );
const show = (value: unknown): string => JSON.stringify(value);
