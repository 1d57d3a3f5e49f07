/**
 * What can happen next in a state, and why it has not happened yet.
 *
 * 1. Every event that the active states take is named, once, with the transitions that may answer it.
 * 2. "Why not yet" is told from the context and the clock alone, in one sentence; where these say nothing, there is none.
 * 3. Pure, and free of Node: pages run it.
 */
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../../domain/limits.js';
import type { Chart, ChartTransition, Json } from '../chart.js';

interface Possible {
  readonly event: string;
  /** Such as `hardTimeout`, for a deadline. */
  readonly deadline?: string;
  readonly transitions: readonly ChartTransition[];
  /** States that it may lead to, each once; empty when none is left. */
  readonly targets: readonly string[];
  readonly whyNotYet?: string;
}

interface Moment {
  /** Such as `pending.open`. */
  readonly state: string;
  readonly context: Json;
  /** Engine time in ms. */
  readonly now: number;
}

/** Ids of the states that are active: the innermost last. */
export function activeStates(chart: Chart, state: string): readonly string[] {
  const parts = state.split('.');
  return parts.map((_, index) => [chart.id, ...parts.slice(0, index + 1)].join('.'));
}

export function possibleNext(chart: Chart, moment: Moment): readonly Possible[] {
  const active = new Set([chart.id, ...activeStates(chart, moment.state)]);
  const groups = new Map<string, ChartTransition[]>();
  // The innermost state is asked first.
  const sources = [...active].reverse();
  for (const source of sources) {
    for (const transition of chart.transitions.filter((one) => one.source === source && one.event !== undefined)) {
      const key = `${transition.event} ${deadlineOf(transition) ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), transition]);
    }
  }
  return [...groups.values()].map((transitions) => {
    const [first] = transitions;
    const event = first?.event ?? '';
    const deadline = first === undefined ? undefined : deadlineOf(first);
    const why = whyNotYet(event, deadline, moment);
    return {
      event,
      ...(deadline !== undefined && { deadline }),
      transitions,
      targets: [...new Set(transitions.flatMap(({ targets }) => targets))],
      ...(why !== undefined && { whyNotYet: why }),
    };
  });
}

function deadlineOf({ event, guard }: ChartTransition): string | undefined {
  const name = guard?.params?.['name'];
  return event === 'DEADLINE' && typeof name === 'string' ? name : undefined;
}

function whyNotYet(event: string, deadline: string | undefined, { context, now }: Moment): string | undefined {
  switch (event) {
    case 'DEADLINE':
      return deadline === undefined ? undefined : untilDeadline(deadline, context, now);
    case 'ORDER_REPORT':
      return fillSoFar(context);
    case 'KILL_SWITCH': {
      const effective = at(context, 'killSwitch', 'effective');
      return effective === 'ACTIVE'
        ? 'A kill switch is ACTIVE already.'
        : 'No kill switch that covers the symbol is ACTIVE.';
    }
    case 'CANCEL_OUTCOME':
      return at(context, 'cancel', 'inFlight') === true ? 'The cancel call is under way.' : undefined;
    case 'SUBMIT_OUTCOME':
      return isSubmitAnswered(context) ? 'The submit call has been answered.' : 'The submit call is under way.';
    case 'PROTECTION_OUTCOME':
      return 'The broker has not answered on the exits.';
    case 'RECONCILED':
      return 'The broker has not answered on order and position.';
    case 'RECOVERED':
      return 'The engine has not been restarted.';
    default:
      return undefined;
  }
}

/** The last try has its outcome. */
function isSubmitAnswered(context: Json): boolean {
  const attempts = at(context, 'attempts');
  const last: Json | undefined = Array.isArray(attempts) ? (attempts as readonly Json[]).at(-1) : undefined;
  return at(last, 'outcome') !== undefined;
}

function untilDeadline(name: string, context: Json, now: number): string | undefined {
  const due = deadlineAt(name, context);
  if (due === undefined) return undefined;
  const left = due - now;
  return left > 0 ? `Due in ${(left / 1_000).toFixed(1)} s.` : 'Due now.';
}

/** Engine time in ms; undefined where the context does not tell. */
function deadlineAt(name: string, context: Json): number | undefined {
  const submitted = at(context, 'firstSubmitAt');
  const protectionEnds = at(context, 'protection', 'endsAt');
  if (name === 'hardTimeout' && typeof submitted === 'number') return submitted + HARD_TIMEOUT_MS;
  if (name === 'lateWindow' && typeof submitted === 'number') return submitted + HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS;
  return name === 'protection' && typeof protectionEnds === 'number' ? protectionEnds : undefined;
}

function fillSoFar(context: Json): string | undefined {
  const filled = at(context, 'order', 'cumQty');
  const quantity = at(context, 'order', 'quantity');
  return typeof filled === 'string' && typeof quantity === 'string' ? `Filled ${filled} of ${quantity}.` : undefined;
}

/** A value deep in the context. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? (inner as { readonly [key: string]: Json })[key]
        : undefined,
    value,
  );
}
