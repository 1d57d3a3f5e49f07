/**
 * How commands are carried out, as a small pure model of `actors/execution-host.ts` and of a new process after a crash.
 *
 * 1. What leaves the process waits for the journal (`…Waits`); between the fact and that moment anything may happen.
 *    What merely reads, or sets a timer, is done at once.
 * 2. A crash ends all calls, timers and waiting commands. Facts that were not durable are lost; nothing that followed
 *    from them has left the process, but for a submit call, which the intent before it already counts as possible. So a
 *    crash with lost facts is a crash at an earlier state, and needs no step of its own.
 * 3. A submit waits in `submitted.ready` alone, a cancel is sent in `cancelling` and `timeout` alone; what comes too
 *    late for that is dropped.
 */
import { ASKS, type ChartStep, type ChartSteps } from './chart-steps.js';
import { CANCELLING_ACTIVE, DEADLINE, type Fact, RECOVERED, TOLD_AGAIN } from './facts.js';
import { DEADLINES_OF, deadlineBit } from './phases.js';
import type { Broken } from './step-laws.js';
import { newWorld, type World } from './world.js';

/** A state of the search, opened up. */
export interface Place {
  readonly chart: number;
  readonly world: World;
}

export interface Outcome extends Place {
  readonly broken?: Broken | undefined;
}

/** The fact is told to the chart, and what it asks for is begun. `world` is this call's to change. */
export function tell(steps: ChartSteps, chart: number, fact: Fact, world: World): Outcome {
  const before = steps.states.at(chart);
  const step = steps.of(chart, fact, world.instant, !comesBeforeItsTurn(fact, before.path, world));
  const after = steps.states.at(step.to);
  const begun = begin(step, world);
  const broken = step.broken ?? inForce(steps, begun);
  if (before.phase !== after.phase) world.instant = 0;
  world.deadlines &= DEADLINES_OF[after.phase];
  if (after.phase === 'protect' || after.phase === 'compare' || after.phase === 'over') {
    world.cancel = 0;
    world.cancelWaits = 0;
    world.submitWaits = 0;
  }
  if (after.phase !== 'live') world.look = 0;
  if (after.phase === 'compare') {
    world.protect = 0;
    world.protectWaits = 0;
    world.exitsWatched = 0;
  }
  if (after.phase !== 'over' || before.phase === 'over') return { chart: step.to, world, broken };
  return { chart: step.to, world: atEnd(world), broken: broken ?? inForce(steps, brokenAtEnd(step, world)) };
}

/**
 * A further try is due by T = 30 s, and T = 30 s lets what is due at the same instant go first (`actors/deadlines.ts`). The laws
 * hold all the same for a host that tells them the other way round, but no transition counts as taken for it.
 */
const comesBeforeItsTurn = (fact: Fact, path: string, { deadlines }: World): boolean =>
  fact === DEADLINE.hardTimeout && path === 'submitted.backingOff' && (deadlines & SUBMIT_RETRY) !== 0;
const SUBMIT_RETRY = deadlineBit('submitRetry');

export const inForce = (steps: ChartSteps, broken: Broken | undefined): Broken | undefined =>
  broken !== undefined && steps.isInForce(broken.law) ? broken : undefined;

function brokenAtEnd({ asks }: ChartStep, { watched }: World): Broken | undefined {
  if ((asks & ASKS.finish) === 0) return { law: 'L11', why: 'the result is never told' };
  return watched === 1 ? { law: 'L15', why: 'all is over, and the order is still watched' } : undefined;
}

/** Of a world in which all is over only this still matters. */
const atEnd = ({ reached, hasCase }: World): World => ({ ...newWorld(0), reached, hasCase });

function begin({ asks, deadlines }: ChartStep, world: World): Broken | undefined {
  world.deadlines |= deadlines;
  if (asks === 0) return undefined;
  if (asks & ASKS.askBroker) world.ask = 1;
  if (asks & ASKS.submitOrder) world.submitWaits = 1;
  if (asks & ASKS.unwatchOrder) world.watched = 0;
  if (asks & ASKS.watchOrder) world.watched = 1;
  if (asks & ASKS.lookAtOrder) world.look = 1;
  if (asks & ASKS.unwatchExits) world.exitsWatched = 0;
  if (asks & ASKS.watchExits) world.exitsWatched = 1;
  if (asks & ASKS.cancelOrder) world.cancelWaits = 1;
  if (asks & ASKS.placeProtection) world.protectWaits = 1;
  if (asks & (ASKS.unprotectedCase | ASKS.mismatchCase)) world.hasCase = 1;
  return asks & ASKS.reconcile ? beginReconciliation(world) : undefined;
}

function beginReconciliation(world: World): Broken | undefined {
  world.reconcile = 1;
  world.reconciliations = Math.min(2, world.reconciliations + 1);
  if (world.reconciliations > 1) return { law: 'L8', why: 'the broker is asked a second time' };
  return world.reached >= 2
    ? undefined
    : { law: 'L8', why: 'the broker is asked about an order that never reached it' };
}

/** The process ends, and a new one goes on. `switches` is how the switches stand by then. */
export function crash(steps: ChartSteps, { chart, world }: Place, switches: number): Outcome {
  const before = steps.states.at(chart);
  const mayHaveBeenSent =
    world.submit === 1 || before.path === 'submitted.ready' || before.path === 'submitted.calling';
  const isWindow = before.phase === 'protect' || before.phase === 'compare';
  const after: World = {
    ...world,
    ...{ submit: 0, ask: 0, cancel: 0, protect: 0, reconcile: 0, submitWaits: 0, cancelWaits: 0, protectWaits: 0 },
    ...{ look: 0, exitsWatched: 0, deadlines: 0, watched: 0, reconciliations: 0, switches, crashes: world.crashes + 1 },
    instant: isWindow ? 0 : world.instant,
    reached: mayHaveBeenSent ? 3 : world.reached,
  };
  const recovered = tell(steps, chart, RECOVERED, after);
  if (recovered.broken !== undefined || switches !== CANCELLING_ACTIVE) return recovered;
  const { phase, context } = steps.states.at(recovered.chart);
  if (phase === 'over' || context.killSwitch.cancelWanted) return recovered;
  return tell(steps, recovered.chart, TOLD_AGAIN, recovered.world);
}
