/**
 * Paths with more deviations than `path-model.ts` allows, each for something that no path before it has covered.
 *
 * 1. Every kind of moment that a path passes is led on by every fact that can come next, however much it deviates. Where that
 *    brings news for the engine, or for the chart alone, it is a path, and its own moments are led on in turn.
 * 2. What only leads to news later is written down as a lead: turns that a plain life takes, whose moments are led on too.
 * 3. Behind the fact that brings news a plain life follows, to the end.
 * 4. The same list, in the same order, each time.
 */

import type { executionMachine } from '../../machines/execution.machine.js';
import { type ExecutionSnapshot, statePath } from '../../machines/execution.state.js';
import { birth, chartStep } from '../laws/folded-life.js';
import type { CoverageMeter } from './coverage.js';
import { type HostModel, hostAfter, newHostModel } from './host-model.js';
import { everyNextFact, nextFacts } from './next-facts.js';
import type { PathFact } from './path-fact.js';
import type { ModelPath } from './path-model.js';
import { inputFor } from './profiles.js';

type Meter = CoverageMeter<typeof executionMachine>;

interface Meters {
  /** All paths, taken by the chart. */
  readonly chart: Meter;
  /** Those that the engine can be led along. */
  readonly engine: Meter;
}

interface Walked {
  readonly path: ModelPath;
  /** How many of its facts have been taken. */
  readonly length: number;
  readonly snapshot: ExecutionSnapshot;
  readonly host: HostModel;
}

/** More facts than any life has. */
const MOST_FACTS = 60;

const isForChart = (facts: readonly PathFact[]): boolean => facts.some(({ plan }) => plan.chartOnly !== undefined);

export function furtherPaths(paths: readonly ModelPath[], meters: Meters): readonly ModelPath[] {
  const found: ModelPath[] = [];
  const kinds = new Set<string>();
  const leads = LEADS.map(ledBy);
  found.push(...leads.filter(({ profile, facts }) => newsOf(facts, profile, meters)));
  const usual = paths.filter(({ facts }) => !isForChart(facts));
  const waiting = [...usual, ...leads].flatMap((path) => momentsOf(path, kinds));
  for (let moment = waiting.shift(); moment !== undefined; moment = waiting.shift()) {
    for (const path of ledOn(moment, meters)) {
      found.push(path);
      if (!isForChart(path.facts)) waiting.push(...momentsOf(path, kinds));
    }
  }
  return found;
}

/** At the first moment in a state that begins so, this happens. */
type Turn = readonly [state: string, label: string];

const WIDE: Turn = ['validating.asking', 'the steps of the symbol are wide'];
const LATE: Turn = ['pending', 'hardTimeout is due'];
const LESS = 'said to be filled with less';
const UNPRICED = 'filled without a price';
const TAKEN = 'SL taken, the market has passed the take-profit';
const GLOBAL: Turn = ['pending', 'GLOBAL ACTIVE'];

const LEADS: readonly (readonly Turn[])[] = [
  [WIDE],
  [WIDE, LATE],
  [WIDE, ['pending', 'partly filled'], LATE],
  [WIDE, ['pending', 'partly filled'], ['pending', 'cancelled at the broker']],
  [
    ['submitted.calling', UNPRICED],
    ['submitted.calling', 'GLOBAL ACTIVE'],
    ['submitted.calling', 'accepted'],
  ],
  [['submitted.ready', 'the submit call blocks the process']],
  [
    ['submitted.ready', 'the submit call blocks the process'],
    ['submitted.calling', 'rejected at the broker'],
  ],
  [
    ['submitted.ready', 'the submit call blocks the process'],
    ['submitted.calling', 'cancelled at the broker'],
  ],
  [GLOBAL, ['cancelling', LESS]],
  [LATE, ['timeout', LESS]],
  [
    ['pending', 'MANUAL ACTIVE'],
    ['cancelling', UNPRICED],
    ['cancelling', 'hardTimeout is due'],
  ],
  [WIDE, ['pending', 'partly filled at a low price'], LATE],
  [GLOBAL, ['cancelling', UNPRICED]],
  [GLOBAL, ['cancelling', UNPRICED], ['cancelling', 'a fill is taken back']],
  [LATE, ['timeout', UNPRICED]],
  [LATE, ['timeout', UNPRICED], ['timeout', 'a fill is taken back']],
  [LATE, ['timeout', 'filled late'], ['late.placing', TAKEN]],
  [
    LATE,
    ['timeout', 'partly filled'],
    ['timeout', 'cancelled at the broker'],
    ['reconciling.protecting.placing', TAKEN],
  ],
];

/** A plain life with these turns. */
function ledBy(turns: readonly Turn[]): ModelPath {
  const profile = 'acceptable';
  const input = inputFor(profile);
  const left = [...turns];
  const facts: PathFact[] = [];
  let [snapshot, host] = [birth(input), newHostModel];
  while (snapshot.status === 'active' && !host.isOver && facts.length < MOST_FACTS) {
    const [turn] = left;
    const isThere = turn !== undefined && statePath(snapshot.value).startsWith(turn[0]);
    const turned = isThere
      ? everyNextFact(snapshot, host, input).find(({ plan }) => plan.label === turn[1] && plan.chartOnly === undefined)
      : undefined;
    if (turned !== undefined) left.shift();
    const next = turned ?? plainest(nextFacts(snapshot, host, input, 2, () => false));
    if (next === undefined) break;
    facts.push(next);
    ({ snapshot, host } = after(snapshot, host, next));
  }
  return { profile, facts };
}

/** The moments of a path that are unlike any before. */
function momentsOf(path: ModelPath, kinds: Set<string>): readonly Walked[] {
  const { profile, facts } = path;
  let snapshot = birth(inputFor(profile));
  let host = newHostModel;
  const moments: Walked[] = [];
  for (const [index, fact] of facts.entries()) {
    ({ snapshot, host } = after(snapshot, host, fact));
    const kind = kindOf(snapshot, host);
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    moments.push({ path, length: index + 1, snapshot, host });
  }
  return moments;
}

function after(snapshot: ExecutionSnapshot, host: HostModel, fact: PathFact) {
  const step = chartStep(snapshot, fact);
  return { snapshot: step.after, host: hostAfter(host, fact, step.commands, step.after.context) };
}

/** What decides which facts can come next, and what they lead to. */
function kindOf({ value, context, status }: ExecutionSnapshot, host: HostModel): string {
  const { order, protection, cancel, killSwitch, attempts, bracket, instrument } = context;
  return JSON.stringify([
    status,
    value,
    [
      order.status,
      order.cumQty,
      order.avgPrice === undefined,
      order.brokerOrderId === undefined,
      order.own?.corrections.length ?? 0,
    ],
    [protection.stopLoss, protection.takeProfit, protection.tries > 1, protection.stopsAlone],
    [cancel.inFlight, cancel.taken, cancel.isWindowOver],
    [killSwitch.cancelWanted, attempts.length > 0, bracket?.valid, instrument?.lotSize],
    [[...host.open].sort(), host.following, host.submitIsLate, host.restarts, host.timers[0]?.name, host.untold.length],
  ]);
}

function ledOn({ path, length, snapshot, host }: Walked, meters: Meters): readonly ModelPath[] {
  if (snapshot.status !== 'active' || host.isOver) return [];
  const before = path.facts.slice(0, length);
  const input = inputFor(path.profile);
  return everyNextFact(snapshot, host, input).flatMap((fact) => {
    const facts = [...before, fact];
    const isNews = newsOf(facts, path.profile, meters);
    return isNews ? [{ profile: path.profile, facts: completed(facts, snapshot, host, path.profile) }] : [];
  });
}

function newsOf(facts: readonly PathFact[], profile: ModelPath['profile'], { chart, engine }: Meters): boolean {
  const input = inputFor(profile);
  const news = chart.add(input, facts).length;
  return (isForChart(facts) ? 0 : engine.add(input, facts).length) + news > 0;
}

/** A plain life to the end, from behind the last fact. */
function completed(
  facts: readonly PathFact[],
  before: ExecutionSnapshot,
  host: HostModel,
  profile: ModelPath['profile'],
): readonly PathFact[] {
  const life = [...facts];
  const last = facts.at(-1);
  if (last === undefined) return life;
  let now = after(before, host, last);
  while (now.snapshot.status === 'active' && !now.host.isOver && life.length < MOST_FACTS) {
    const next = plainest(nextFacts(now.snapshot, now.host, inputFor(profile), 2, () => false));
    if (next === undefined) break;
    life.push(next);
    now = after(now.snapshot, now.host, next);
  }
  return life;
}

const plainest = (facts: readonly PathFact[]): PathFact | undefined =>
  facts
    .filter(({ plan }) => plan.chartOnly === undefined && plan.asleep !== true)
    .reduce<PathFact | undefined>(
      (best, fact) => (best === undefined || fact.plan.deviation < best.plan.deviation ? fact : best),
      undefined,
    );
