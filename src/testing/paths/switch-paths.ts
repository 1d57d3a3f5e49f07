/**
 * Paths through the kill switches: each switch set to each state and released, in every order that differs; run on the
 * chart, and on the actor that guards the gate.
 */
import { killSwitchActor } from '../../actors/kill-switch.js';
import { isMoreSevere, type KillSwitchState, type SwitchView, switchKey } from '../../domain/kill-switch.js';
import { type KillSwitchFact, killSwitchMachine } from '../../machines/kill-switch.machine.js';
import { type ChartPath, type ChartPaths, chartPaths } from './chart-paths.js';

type Snapshot = Parameters<typeof killSwitchMachine.transition>[0];

const TIME = '2026-01-05T10:00:00.000Z';
const SWITCHES: readonly Pick<SwitchView, 'type' | 'target'>[] = [
  { type: 'GLOBAL' },
  { type: 'SYMBOL_LEVEL', target: 'AAPL' },
];
const STATES: readonly KillSwitchState[] = ['OFF', 'WARNING', 'ACTIVE'];

const stateOf = (switches: readonly SwitchView[], { type, target }: Pick<SwitchView, 'type' | 'target'>) =>
  switches.find((one) => switchKey(one.type, one.target) === switchKey(type, target))?.state ?? 'OFF';

/** Made more severe; or released, which changes nothing where it is OFF. */
function next({ context }: Snapshot): readonly KillSwitchFact[] {
  return SWITCHES.flatMap((one) => {
    const previous = stateOf(context.switches, one);
    const change = { ...one, time: TIME, previous, reason: 'a path', by: 'a path', durationMs: 0 };
    const sets = STATES.filter((state) => state !== previous && !isMoreSevere(previous, state)).map(
      (state): KillSwitchFact => ({ type: 'SET', change: { ...change, state } }),
    );
    const release: KillSwitchFact = { type: 'RELEASED', change: { ...change, state: 'OFF' } };
    return [...sets, release];
  });
}

const key = ({ value, context }: Snapshot): string =>
  JSON.stringify([value, SWITCHES.map((one) => stateOf(context.switches, one))]);

const inWords = ({ type, change }: KillSwitchFact): string =>
  type === 'SET'
    ? `${switchKey(change.type, change.target)} ${change.state}`
    : `${switchKey(change.type, change.target)} released`;

let known: ChartPaths<KillSwitchFact> | undefined;

export function switchPaths(): ChartPaths<KillSwitchFact> {
  known ??= chartPaths({ machine: killSwitchMachine, letter: 'K', next, key, inWords });
  return known;
}

/**
 * Leads the actor that guards the gate along a path. Returns what it does otherwise than the chart: of the state that
 * covers the symbol, of the switches, and of how many changes are known.
 */
export async function actorDifferences({ facts }: ChartPath<KillSwitchFact>): Promise<readonly string[]> {
  const actor = killSwitchActor(() => Date.parse(TIME), {
    onChange: async () => undefined,
    onListenerError: () => undefined,
    openCase: () => undefined,
  });
  const found: string[] = [];
  let switches: readonly SwitchView[] = [];
  for (const [index, { type, change }] of facts.entries()) {
    const done = type === 'SET' ? actor.set(change) : actor.release({ ...change, by: change.by ?? '' });
    // The gate is looked at in the very turn (K5).
    switches = [
      ...switches.filter((one) => switchKey(one.type, one.target) !== switchKey(change.type, change.target)),
      { ...change, since: change.time },
    ];
    const worst = switches.reduce<KillSwitchState>(
      (most, { state }) => (isMoreSevere(state, most) ? state : most),
      'OFF',
    );
    const seen = actor.stateFor('AAPL');
    if (seen !== worst) found.push(`change ${index + 1}: expected ${worst}, found ${seen}`);
    if (actor.isActive('AAPL') !== (worst === 'ACTIVE')) found.push(`change ${index + 1}: the gate is wrong`);
    await done;
  }
  if (actor.history.length !== facts.length)
    found.push(`${facts.length} changes, ${actor.history.length} in the history`);
  actor.close();
  return found;
}
