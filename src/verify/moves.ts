/**
 * What can happen next: every answer to each call under way, every report, every deadline that is due, the clock, the
 * operator, and a crash.
 */
import { hasFill } from '../domain/order.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ChartSteps } from './chart-steps.js';
import {
  ACCEPTED,
  BLOCKED_BY_CHANCE,
  BLOCKED_BY_SWITCH,
  BLOCKED_BY_TIME,
  BROKER_ASKED,
  CANCEL_OUTCOMES,
  CANCEL_STARTED,
  CANCELLING_ACTIVE,
  DEADLINE,
  EXIT_REPORTS,
  effectiveOf,
  type Fact,
  ORDER_LOOKED,
  ORDER_REPORTS,
  PROTECTION_OUTCOMES,
  RECONCILED,
  RISK_LIMIT_ACTIVE,
  START_AGAIN,
  STARTS,
  SUBMIT_OUTCOMES,
  SUBMIT_STARTED,
  SWITCH_CHANGES,
  SWITCHES,
  WITHDRAWN,
} from './facts.js';
import { crash, inForce, type Outcome, type Place, tell } from './host-model.js';
import { DEADLINES, deadlineBit, dueFrom, INSTANTS, isRetry, type Phase } from './phases.js';
import type { Scope } from './scope.js';
import type { Broken } from './step-laws.js';
import type { World } from './world.js';

/** It happens by itself, sooner or later: the clock, the end of a call, the journal. Nobody has to be kind. */
export const MUST = 1;
/** Time passes on the clock: a repeat waits for 200 ms at least, and people are slow. */
export const TAKES_TIME = 2;
/** The clock itself: time goes on, a deadline that nothing moves is told, or the journal's own deadline is over. */
export const CLOCK = 4;

/** Told of each thing that can happen. `label` says it in words. */
type Visit = (outcome: Outcome, label: string, flags: number) => void;

interface Here extends Place {
  readonly steps: ChartSteps;
  readonly scope: Scope;
  readonly phase: Phase;
  readonly path: string;
  readonly visit: Visit;
}

export function moves(steps: ChartSteps, place: Place, scope: Scope, visit: Visit): void {
  const { phase, path } = steps.states.at(place.chart);
  if (phase === 'over') return;
  const here: Here = { ...place, steps, scope, phase, path, visit };
  if (path === 'validating.judging') {
    start(here);
    return;
  }
  clock(here);
  deadlines(here);
  answers(here);
  lastLook(here);
  leave(here);
  reports(here);
  exitReports(here);
  operator(here);
  again(here);
  crashes(here);
}

/** The same advisory comes in once more. */
const again = (here: Here): void => happen(here, START_AGAIN, {}, 0);

const happen = ({ steps, chart, world, visit }: Here, fact: Fact, change: Partial<World>, flags: number) =>
  visit(tell(steps, chart, fact, { ...world, ...change }), fact.label, flags);

/** The advisory comes in, and the gate is read. */
function start(here: Here): void {
  const effective = effectiveOf(here.world.switches);
  for (const { killSwitchState, fact } of STARTS) if (killSwitchState === effective) happen(here, fact, {}, MUST);
}

function clock({ chart, world, phase, visit }: Here): void {
  if (world.instant + 1 >= INSTANTS[phase]) return;
  const instant = world.instant + 1;
  visit({ chart, world: { ...world, instant } }, `the clock goes on to instant ${instant} of ${phase}`, MUST | CLOCK);
}

function deadlines(here: Here): void {
  const { world } = here;
  for (const name of DEADLINES) {
    if ((world.deadlines & deadlineBit(name)) === 0 || world.instant < dueFrom(name)) continue;
    const change = { deadlines: world.deadlines & ~deadlineBit(name) };
    happen(here, DEADLINE[name], change, MUST | (isRetry(name) ? TAKES_TIME : CLOCK));
  }
}

function answers(here: Here): void {
  const { world } = here;
  if (world.ask === 1) for (const fact of BROKER_ASKED) happen(here, fact, { ask: 0 }, MUST);
  if (world.submit === 1) for (const fact of SUBMIT_OUTCOMES) happen(here, fact, afterSubmit(here, fact), MUST);
  if (world.submit === 2) happen(here, ACCEPTED, { submit: 0 }, 0);
  const isLast = here.steps.states.at(here.chart).context.cancel.isWindowOver === true;
  if (world.cancel === 1)
    for (const fact of CANCEL_OUTCOMES) happen(here, fact, { cancel: 0 }, isLast ? MUST | CLOCK : MUST);
  if (world.protect === 1)
    for (const fact of PROTECTION_OUTCOMES) if (isTold(here, fact)) happen(here, fact, { protect: 0 }, MUST);
  // Calls that nothing else bounds end by their own deadlines: the clock ends them.
  if (world.look === 1) happen(here, ORDER_LOOKED, { look: 0 }, MUST | CLOCK);
  if (world.reconcile === 1)
    for (const fact of RECONCILED) if (isTold(here, fact)) happen(here, fact, { reconcile: 0 }, MUST);
}

/**
 * A no is believed unless the order was seen alive; a report that says no as well is no sign of life. That it was asked
 * about already cannot be undone either.
 */
function afterSubmit({ steps, chart, world, path }: Here, { submit }: Fact): Partial<World> {
  const { context } = steps.states.at(chart);
  if (submit === 'accepted' || submit === 'duplicate') return { submit: 0, reached: 3 };
  if (submit === 'unknown') return { submit: 2, reached: 3 };
  const wasSeen =
    world.reached === 3 && !(path === 'submitted.calling' && submit === 'rejected' && isReportedRejected(context));
  return { submit: 0, reached: wasSeen || world.reconciliations > 0 ? world.reached : 1 };
}

/** The intent is durable, or the journal has failed: expiry, cases, switches and time are read, and the call is made. */
function lastLook(here: Here): void {
  const { steps, chart, world, phase, path, scope, visit } = here;
  if (world.submitWaits === 0) return;
  const change = { submitWaits: 0 };
  const flags = MUST | CLOCK;
  if (path !== 'submitted.ready') {
    visit({ chart, world: { ...world, ...change } }, 'the order is not sent', flags);
    return;
  }
  const isLate = phase === 'live' && world.instant >= 1;
  const isKilled = world.switches >= RISK_LIMIT_ACTIVE;
  if (isLate) happen(here, BLOCKED_BY_TIME, change, flags);
  else if (isKilled) happen(here, BLOCKED_BY_SWITCH, change, flags);
  else for (const fact of BLOCKED_BY_CHANCE) happen(here, fact, change, flags);
  if ((isLate || isKilled) && scope.isHostBlind !== true) return;
  const sent = tell(steps, chart, SUBMIT_STARTED, {
    ...world,
    ...change,
    submit: 1,
    reached: Math.max(2, world.reached),
  });
  const broken = sent.broken ?? inForce(steps, brokenByCall(world, isLate, isKilled));
  visit({ ...sent, broken }, 'the last look passes, and the submit call is made', flags);
}

function brokenByCall(world: World, isLate: boolean, isKilled: boolean): Broken | undefined {
  if (world.reached >= 2) return { law: 'L1', why: 'an order is sent while an earlier one may exist' };
  if (isLate) return { law: 'L2', why: 'an order is sent at T ≥ 30 s' };
  return isKilled ? { law: 'L2', why: 'an order is sent while a kill switch is ACTIVE' } : undefined;
}

/** Commands that were waiting for the journal are carried out. */
function leave(here: Here): void {
  const { chart, world, path, visit } = here;
  if (world.cancelWaits === 1) {
    const isSent = path.startsWith('cancelling') || path.startsWith('timeout');
    if (isSent) happen(here, CANCEL_STARTED, { cancelWaits: 0, cancel: 1 }, MUST | CLOCK);
    else visit({ chart, world: { ...world, cancelWaits: 0 } }, 'the cancel is not sent', MUST | CLOCK);
  }
  if (world.protectWaits === 1) {
    visit({ chart, world: { ...world, protectWaits: 0, protect: 1 } }, 'the protection call is made', MUST | CLOCK);
  }
}

const isReportedRejected = ({ order }: ExecutionContext): boolean => order.status === 'rejected' && !hasFill(order);

/**
 * Any report at any time, once an order may be there; also after the call's answer denied it. Before the first call one
 * can come of an earlier life that left no record.
 */
function reports(here: Here): void {
  const { steps, chart, world, path } = here;
  if (world.reached === 0 && path !== 'submitted.ready') return;
  for (const fact of ORDER_REPORTS)
    if (isTold(here, fact) && !isBeside(here, fact) && steps.isNews(chart, fact)) happen(here, fact, { reached: 3 }, 0);
}

/** A life has a fee or a correction; the two together would be too many for two minutes, and no guard asks about both. */
function isBeside({ steps, chart }: Here, { report }: Fact): boolean {
  const { fees, own } = steps.states.at(chart).context.order;
  if (report?.fees !== undefined) return (own?.corrections.length ?? 0) > 0;
  return report?.correction !== undefined && fees !== undefined;
}

const isTold = ({ scope }: Here, { isRough, isSteady, report }: Fact): boolean => {
  if (scope.isFree === true && report?.fees !== undefined) return false;
  return scope.isRough === true ? isSteady !== true : isRough !== true;
};

/** What the venue says of exits that it has taken, at any time until the execution is done. */
function exitReports(here: Here): void {
  const { steps, chart, phase } = here;
  if ((phase !== 'protect' && phase !== 'compare') || here.scope.isRough !== true) return;
  const { protection } = steps.states.at(chart).context;
  const isTaken = { sl: TAKEN.includes(protection.stopLoss), tp: TAKEN.includes(protection.takeProfit) };
  for (const fact of EXIT_REPORTS) if (fact.exit !== undefined && isTaken[fact.exit.leg]) happen(here, fact, {}, 0);
}

const TAKEN: readonly string[] = ['placed', 'confirming'];

function operator(here: Here): void {
  const { world, scope } = here;
  for (const { from, to, fact } of SWITCH_CHANGES) {
    if (scope.isSetForGood === true && to < from) continue;
    if (from === world.switches && scope.switches.includes(to)) happen(here, fact, { switches: to }, TAKES_TIME);
  }
}

/** The process ends; while it was down, or just before, a switch may have been set that the execution was not told of. */
function crashes({ steps, chart, world, path, scope, visit }: Here): void {
  if (world.crashes >= scope.crashes) return;
  const isBeforeCall = path === 'submitted.ready' && world.submitWaits === 1;
  // An engine that is closed has the time to say that the call was not made.
  const closed = isBeforeCall ? tell(steps, chart, WITHDRAWN, { ...world, submitWaits: 0 }) : undefined;
  const stands = new Set([world.switches, ...scope.switches.filter((to) => to === CANCELLING_ACTIVE)]);
  for (const switches of stands) {
    const set = switches === world.switches ? '' : `, and a switch was set (${SWITCHES[switches]})`;
    visit(crash(steps, { chart, world }, switches), `crash and RECOVERED${set}`, 0);
    if (closed === undefined) continue;
    const next = closed.broken === undefined ? crash(steps, closed, switches) : closed;
    visit(next, `closed before the call, and RECOVERED${set}`, 0);
  }
}
