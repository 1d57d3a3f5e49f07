/**
 * The exhaustive check of the exits' chart: every state that chart, venue, line, time and crashes can bring about, and
 * every law in each step.
 *
 * 1. Breadth first, to the fixpoint; the search ends at the first law that is broken, with the shortest way to it.
 * 2. Times enter by what the chart can tell apart: before and after the sibling's 5 s, before and after the time in which
 *    the position may be asked for in vain. Each fact is told at each of them.
 * 3. From every state an end can be reached.
 */
import type { AnyStateMachine, SnapshotFrom } from 'xstate';
import type { ExitLeg } from '../../domain/exits.js';
import type { ProtectionContext } from '../../machines/protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact } from '../../machines/protection.facts.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { pathOf } from '../chart-states.js';
import { type Decider, decider } from '../decide.js';
import { neverMet, transitionsOf } from '../transitions.js';
import { factsOn, type KnownFact, positionsSeen, STARTING_POINTS, type StartingPoint, startOf } from './exit-facts.js';
import { afterCrash, type Host, hostAfter, hostKey, NEW_HOST, without } from './exit-host.js';
import { type ExitLawId, type ExitStep, exitLaws, isFinal } from './exit-laws.js';
import { GRACE_MS, type Told, toldAfter, toldAtStart, toldKey } from './told.js';

export type ProtectionChart = typeof protectionMachine;

export interface ExitScope {
  /** Whether the process may end and start again, once on one path. */
  readonly crashes: boolean;
  /** Which of `STARTING_POINTS`; all when absent. */
  readonly starts?: readonly number[];
  /** Ends the search after so many states: a sample. */
  readonly mostStates?: number;
  readonly laws?: readonly ExitLawId[];
}

interface ExitViolation {
  readonly law: ExitLawId | 'X11';
  readonly why: string;
  readonly way: readonly { readonly label: string; readonly state: string }[];
}

export interface ExitsReport {
  readonly states: number;
  readonly steps: number;
  readonly transitions: number;
  readonly neverTaken: readonly string[];
  /** Transitions and answers of guards that were never met, by the ids of the paths. */
  readonly neverMet: readonly string[];
  readonly violation?: ExitViolation;
}

interface Node {
  readonly snapshot: SnapshotFrom<ProtectionChart>;
  readonly path: string;
  readonly told: Told;
  readonly host: Host;
  /** Received time of the last fact. */
  readonly at: number;
  readonly start: StartingPoint;
  readonly from: number;
  readonly label: string;
}

/** B7, as the laws have it: the position is asked for in vain for so long, in ms. */
const DOUBT_MS = 300_000;
const EVERYTHING: ExitScope = { crashes: true };

export function verifyExits(chart: ProtectionChart = protectionMachine, scope: ExitScope = EVERYTHING): ExitsReport {
  const { chart: own, begin, decide } = decider<ProtectionChart>(chart);
  const inForce = exitLaws.filter(({ id }) => scope.laws?.includes(id) ?? true);
  const nodes: Node[] = [];
  const known = new Map<string, number>();
  const edges: [from: number, to: number][] = [];
  const taken = new Set<object>();
  const refused = new Set<object>();
  let steps = 0;
  let violation: ExitViolation | undefined;

  const way = (index: number): ExitViolation['way'] => {
    const chain: { label: string; state: string }[] = [];
    for (let at = index; at >= 0; at = nodes[at]?.from ?? -1) {
      const { label = '', path = '' } = nodes[at] ?? {};
      chain.unshift({ label, state: path });
    }
    return chain;
  };

  function enter(node: Node): number {
    const key = keyOf(node);
    const index = known.get(key) ?? nodes.push(node) - 1;
    known.set(key, index);
    return index;
  }

  /** Tells the chart, judges what it makes of it, and enters what comes of it. */
  function tell(from: number, before: Node, host: Host, { label, fact }: KnownFact): void {
    if (violation !== undefined) return;
    steps += 1;
    const next = stepped(decide, before, host, fact);
    if (typeof next === 'string') {
      violation = { law: 'X9', why: next, way: [...way(from), { label, state: before.path }] };
      return;
    }
    for (const transition of next.taken) taken.add(transition);
    // The host drops what the chart makes nothing of: no guard has been asked for anybody.
    if (next.taken.length > 0) for (const transition of next.refused) refused.add(transition);
    const broken = inForce
      .map(({ id, check }) => ({ law: id, why: check(next.step) }))
      .find(({ why }) => why !== undefined);
    if (broken?.why !== undefined) {
      violation = { law: broken.law, why: broken.why, way: [...way(from), { label, state: next.node.path }] };
      return;
    }
    const to = enter({ ...next.node, from, label });
    if (to !== from) edges.push([from, to]);
  }

  for (const [index, start] of STARTING_POINTS.entries()) {
    if (scope.starts?.includes(index) === false) continue;
    const { label, input } = start;
    const fact = startOf(input);
    const empty = begin(undefined);
    const told = toldAtStart(input, fact.at);
    const node = {
      snapshot: empty,
      path: 'starting',
      told,
      host: NEW_HOST,
      at: fact.at,
      start,
      from: -1,
      label: 'the result stands',
    };
    const from = enter(node);
    tell(from, node, NEW_HOST, { label: `an execution is done with ${label}`, fact });
  }
  const { mostStates = Number.POSITIVE_INFINITY } = scope;
  let index = 0;
  for (; index < Math.min(nodes.length, mostStates) && violation === undefined; index += 1) {
    const node = nodes[index];
    if (node === undefined || node.path === 'starting' || isFinal(node.path)) continue;
    for (const { host, known: fact } of movesOf(node, scope)) tell(index, node, host, fact);
  }
  // What was not looked at may be the way out.
  if (index === nodes.length) violation ??= endlessIn(nodes, edges, way);
  const all = transitionsOf(own as AnyStateMachine);
  const seen = all.map((edge) => {
    const { definition } = edge;
    return { edge, isTaken: taken.has(definition), isRefused: refused.has(definition) };
  });
  return {
    states: nodes.length,
    steps,
    transitions: all.length,
    neverTaken: seen.filter(({ isTaken }) => !isTaken).map(({ edge }) => edge.name),
    neverMet: neverMet(own as AnyStateMachine, seen),
    ...(violation !== undefined && { violation }),
  };
}

type Stepped = {
  readonly node: Omit<Node, 'from' | 'label'>;
  readonly step: ExitStep;
  readonly taken: readonly object[];
  readonly refused: readonly object[];
};

function stepped(
  decide: Decider<ProtectionChart>['decide'],
  before: Node,
  host: Host,
  fact: ProtectionFact,
): Stepped | string {
  let decision: ReturnType<typeof decide>;
  try {
    decision = decide(before.snapshot, fact);
  } catch (error) {
    return `the chart throws: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { snapshot, commands } = decision;
  const path = pathOf(snapshot.value);
  const heard = fact.type === 'START' ? before.told : toldAfter(before.told, fact, before.path);
  const told = withCases(heard, before.told, commands);
  const after = { path, told, host: hostAfter(host, commands, path), context: snapshot.context };
  const doubtMs = fact.at - (before.snapshot.context.doubtSince ?? fact.at);
  const step = { fact, before: { ...before, context: before.snapshot.context }, after, commands, doubtMs };
  const { start } = before;
  return {
    node: { snapshot, path, told, host: after.host, at: fact.at, start },
    step,
    taken: decision.taken,
    refused: decision.refused,
  };
}

/** A case that is opened is known to the world; a loss is then told for every exit that is over. */
function withCases(told: Told, before: Told, commands: ExitStep['commands']): Told {
  let { cases, lossesTold } = told;
  for (const command of commands) {
    if (command.type !== 'openCase' || command.isAskedAgain === true) continue;
    cases = { ...cases, [command.kind]: Math.min(2, (cases[command.kind] ?? 0) + 1) };
    if (command.kind === 'PROTECTION_LOST') lossesTold = before.exits.filter(({ isOver }) => isOver).length;
  }
  return { ...told, cases, lossesTold };
}

interface Move {
  readonly host: Host;
  readonly known: KnownFact;
}

function movesOf(node: Node, scope: ExitScope): readonly Move[] {
  const { host, path } = node;
  const { input, wide } = node.start;
  const legs = (['sl', 'tp'] as const).filter((leg: ExitLeg) => input[leg] !== undefined);
  const told = legs
    .flatMap((leg) => factsOn(leg, leg === wide))
    .flatMap((fact) => reportTimesOf(node).map((at) => ({ host, known: at_(fact, at) })));
  const answers =
    host.isAsked || path === 'lost'
      ? positionsSeen(input).flatMap((fact) =>
          answerTimesOf(node).map((at) => ({ host: { ...host, isAsked: false }, known: at_(fact, at) })),
        )
      : [];
  const due = (Object.entries(host.deadlines) as [ProtectionDeadlineName, number][]).map(([name, at]) => ({
    host: without(host, name),
    known: at_({ label: `deadline ${name}`, fact: { type: 'DEADLINE', at: 0, name } }, Math.max(at, node.at)),
  }));
  const crash =
    scope.crashes && host.crashes < node.start.crashes
      ? [
          {
            host: afterCrash(host),
            known: at_({ label: 'crash and RECOVERED', fact: { type: 'RECOVERED', at: 0 } }, node.at + 1),
          },
        ]
      : [];
  return [...told, ...answers, ...due, ...crash];
}

const at_ = ({ label, fact }: KnownFact, at: number): KnownFact => ({ label, fact: { ...fact, at } });

/** Now, and after the time in which the position may be asked for in vain. */
function answerTimesOf({ at, snapshot }: Node): readonly number[] {
  const { doubtSince = at } = snapshot.context;
  return doubtSince + DOUBT_MS > at && doubtSince < at + 1 ? [at, doubtSince + DOUBT_MS] : [at];
}

/** Now, and once what an exit is shown as has stood for 5 s. */
function reportTimesOf({ at, told }: Node): readonly number[] {
  const later = told.exits.flatMap(({ shown }) => (shown === undefined ? [] : [shown.from + GRACE_MS]));
  return [...new Set([at, ...later.filter((time) => time > at)])];
}

/** What of the times makes a difference. */
function keyOf({ snapshot, path, told, host, at, start }: Node): string {
  const { graceEndsAt, doubtSince, unanswered, closedAt, ...rest }: ProtectionContext = snapshot.context;
  const grace = graceEndsAt === undefined ? 'none' : at > graceEndsAt ? 'over' : 'on';
  const doubt = doubtSince === undefined ? 'none' : at - doubtSince >= DOUBT_MS ? 'long' : 'short';
  const { exits, closedElsewhere, lastFilled, lossesTold, amended, told: said } = rest;
  const shown = [...exits.map(({ leg }) => amended?.[leg]), ...told.exits.map((exit) => exit.shown)];
  const facts = [
    shown.map((one) => one && [one.price, one.quantity, one.isSuspended, at - sinceOf(one) >= GRACE_MS]),
    exits.map(exitKey),
    closedElsewhere,
    lastFilled,
    lossesTold,
    said,
    closedAt !== undefined,
    Math.min(1, unanswered),
  ];
  const shape = STARTING_POINTS.indexOf(start);
  return JSON.stringify([path, shape, facts, grace, doubt, toldKey(told), hostKey(host)]);
}

const sinceOf = (shown: { readonly since: number } | { readonly from: number }): number =>
  'since' in shown ? shown.since : shown.from;

/** How an exit ended, and in which words, changes nothing. */
const exitKey = ({ status, cumQty, quantity, isQuantityTold, avgPrice }: ProtectionContext['exits'][number]) =>
  `${status} ${cumQty} ${quantity} ${isQuantityTold} ${avgPrice !== undefined}`;

/** A state from which no end can be reached, if there is one. */
function endlessIn(
  nodes: readonly Node[],
  edges: readonly (readonly [number, number])[],
  way: (index: number) => ExitViolation['way'],
): ExitViolation | undefined {
  const comesFrom = new Map<number, number[]>();
  for (const [from, to] of edges) comesFrom.set(to, [...(comesFrom.get(to) ?? []), from]);
  const ends = new Set(nodes.flatMap(({ path }, index) => (isFinal(path) ? [index] : [])));
  for (const index of ends) for (const from of comesFrom.get(index) ?? []) ends.add(from);
  const lost = nodes.findIndex((_, index) => !ends.has(index));
  return lost === -1 ? undefined : { law: 'X11', why: 'no end can be reached any more', way: way(lost) };
}
