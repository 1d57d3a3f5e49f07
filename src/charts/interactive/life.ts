/**
 * A life to be played: the facts of one execution (or of its exits, or of the kill switches), folded through the chart, with
 * all that a viewer shows of each.
 *
 * 1. The chart that runs decides; nothing here knows what a fact leads to.
 * 2. Plain JSON: it goes into a page, or over a socket, as it is.
 * 3. Of the context each step carries only what changed, so that a long life stays small.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AnyStateMachine, EventObject } from 'xstate';
import { statePath } from '../../machines/execution.state.js';
import { firstSnapshot, macrostep } from '../../machines/microsteps.js';
import { type Json, transitionId } from '../chart.js';
import { type Message, messagesOf } from './messages.js';

/** A fact with when it was learned. */
export interface DatedFact {
  readonly fact: EventObject;
  /** Engine time in ms. */
  readonly at: number;
  /** Number of the journal's record; absent in a generated path. */
  readonly seq?: number;
  /** Wall time, ISO 8601 UTC. */
  readonly wall?: string;
  /** In a few words, where the words of the fact itself would say less. */
  readonly what?: string;
}

/** One value of the context that is new: `undefined` where it has gone. */
export interface Change {
  readonly path: readonly string[];
  readonly value?: Json;
}

export interface LifeStep {
  readonly seq?: number;
  readonly wall?: string;
  /** Ms since the first fact. */
  readonly atMs: number;
  /** T in ms; absent before the first submission. */
  readonly t?: number;
  /** Type of the fact. */
  readonly event: string;
  /** The fact in words. */
  readonly what: string;
  readonly fact: Json;
  /** State before and after, such as `pending.open`. */
  readonly from: string;
  readonly to: string;
  /** Ids of the transitions that were taken, in order; none when the chart ignored the fact. */
  readonly transitions: readonly string[];
  /** Rules that these keep. */
  readonly rules: readonly string[];
  /** What the chart asked for, in order. */
  readonly commands: readonly string[];
  /** Who said what to whom. */
  readonly messages: readonly Message[];
  readonly changes: readonly Change[];
}

export interface Life {
  /** Unique in its page: of the path, or of the advisory with the chart. */
  readonly id: string;
  readonly name: string;
  /** Id of the chart: `execution`, `protection` or `killSwitch`. */
  readonly chart: string;
  readonly source: 'path' | 'journal';
  /** State before the first fact. */
  readonly begins: string;
  readonly context: Json;
  readonly steps: readonly LifeStep[];
  /** What a replay of the journal says of the recorded result. */
  readonly verdict?: string;
}

interface LifeHeading {
  readonly id: string;
  readonly name: string;
  readonly source: Life['source'];
  readonly verdict?: string;
}

/**
 * @param input what the machine is created with
 * @param facts oldest first
 */
export function lifeOf(
  machine: AnyStateMachine,
  input: unknown,
  facts: readonly DatedFact[],
  heading: LifeHeading,
): Life {
  let before = firstSnapshot(machine, input);
  const begins = statePath(before.value);
  const context = jsonOf(before.context);
  const start = facts[0]?.at ?? 0;
  const steps = facts.map((dated): LifeStep => {
    const { fact, at, seq, wall, what } = dated;
    const { after, emitted, microsteps } = macrostep(machine, before, fact);
    const taken = microsteps.flatMap(({ transitions }) => transitions);
    const commands = emitted as readonly EventObject[];
    const messages = messagesOf(fact, commands);
    const firstSubmitAt = (after.context as { readonly firstSubmitAt?: number }).firstSubmitAt;
    const step: LifeStep = {
      ...(seq !== undefined && { seq }),
      ...(wall !== undefined && { wall }),
      atMs: at - start,
      ...(firstSubmitAt !== undefined && { t: at - firstSubmitAt }),
      event: fact.type,
      what: what ?? messages[0]?.text ?? fact.type,
      fact: jsonOf(fact),
      from: statePath(before.value),
      to: statePath(after.value),
      transitions: taken.map(transitionId),
      rules: [...new Set(taken.flatMap(({ meta }) => (meta as { readonly rules?: readonly string[] })?.rules ?? []))],
      commands: commands.map(({ type }) => type),
      messages,
      changes: changesOf(jsonOf(before.context), jsonOf(after.context)),
    };
    before = after;
    return step;
  });
  return { ...heading, chart: machine.id, begins, context, steps };
}

const jsonOf = (value: unknown): Json => JSON.parse(JSON.stringify(value) ?? 'null') as Json;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs, by the path of each value; a list is one value. */
function changesOf(before: Json | undefined, after: Json | undefined, path: readonly string[] = []): Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [after === undefined ? { path } : { path, value: after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => changesOf(before[key], after[key], [...path, key]));
}
