/**
 * Between the kill-switch actor and the executions: a change is recorded, then told to every live execution that it covers.
 */
import { causeOf } from '../actors/calls.js';
import type { EngineTime } from '../actors/engine-time.js';
import { type KillSwitchActor, killSwitchActor } from '../actors/kill-switch.js';
import { cancelsLiveOrders, covers, type DecidingSwitch, decidingSwitch, switchNamed } from '../domain/kill-switch.js';
import { FillchartError } from '../domain/reasons.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { CaseBook } from './cases.js';
import type { ExecutionHost } from './execution-host.js';
import type { ExecutionMap } from './execution-map.js';
import type { Metrics } from './metrics.js';
import { LISTENER_THREW, type Recorder } from './recorder.js';

export interface SwitchboardParts {
  readonly time: EngineTime;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly cases: CaseBook;
  readonly executions: ExecutionMap;
  /** Called when every live execution has been told. */
  readonly onSwitch?: () => void;
}

export interface Switchboard {
  readonly killSwitch: KillSwitchActor;
  /** Tells an execution of a switch, if it covers its symbol. */
  tell(host: ExecutionHost, changed: DecidingSwitch): void;
  /** The switch that decides on the symbol, when one that covers it is ACTIVE (K8). */
  decidedBy(symbol: string | undefined): DecidingSwitch | undefined;
  /** Something is wrong with the ground that we stand on: nothing is submitted until a person says so. */
  closeGate(reason: string): void;
  /** The same, once: while GLOBAL is ACTIVE already, its reason stands. */
  closeGateOnce(reason: string): void;
}

/** Who sets a switch that nobody has asked for. */
const BY = 'fillchart';

export function switchboard({ time, recorder, metrics, cases, executions, onSwitch }: SwitchboardParts): Switchboard {
  const killSwitch = killSwitchActor(time, {
    onChange,
    onListenerError: (error) => recorder.say('error', { cause: causeOf(error) }, LISTENER_THREW),
    openCase: (target) => cases.openInScope(target)?.caseId,
  });

  /** Runs in the turn of the change, after the gate has closed (K5). */
  async function onChange(fact: KillSwitchFact): Promise<void> {
    const { change } = fact;
    const event = fact.type === 'SET' ? 'kill_switch_set' : 'kill_switch_released';
    const audit = [{ event, details: { ...change } }] as const;
    const recorded = recorder.record({ stream: 'kill-switch', at: time(), fact, audit });
    if (change.state === 'ACTIVE' && cancelsLiveOrders(change.type)) metrics.activated(time());
    for (const host of [...executions.live]) tell(host, { ...change, since: change.time });
    if (change.state === 'ACTIVE') onSwitch?.();
    const told = recorder.told();
    const durability = await recorded;
    await told;
    if (durability.durable) return;
    throw new FillchartError('JOURNAL_UNAVAILABLE', `The switch is set, but not durable: ${durability.cause}.`);
  }

  const decidedBy = (symbol: string | undefined): DecidingSwitch | undefined =>
    decidingSwitch(killSwitch.switches, symbol);

  function tell(host: ExecutionHost, changed: DecidingSwitch): void {
    const { type, target, state } = changed;
    const { symbol } = host.execution.snapshot;
    if (!covers(target, symbol)) return;
    const effective = killSwitch.stateFor(symbol);
    const decided = state === 'ACTIVE' ? switchNamed(changed) : decidedBy(symbol);
    const named = effective === 'ACTIVE' && decided !== undefined ? { decidedBy: decided } : {};
    host.send({ type: 'KILL_SWITCH', at: time(), switchType: type, state, effective, ...named });
  }

  function closeGate(reason: string): void {
    const { state, by, reason: first = '' } = killSwitch.switches.find(({ type }) => type === 'GLOBAL') ?? {};
    // What was wrong first is not covered by what followed from it.
    const both = state === 'ACTIVE' && by === BY && first !== reason ? `${first} Then: ${reason}` : reason;
    killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: both, by: BY }).catch(() => undefined);
  }

  return {
    killSwitch,
    tell,
    decidedBy,
    closeGate,
    closeGateOnce(reason) {
      const isClosed = killSwitch.switches.some(({ type, state }) => type === 'GLOBAL' && state === 'ACTIVE');
      if (!isClosed) closeGate(reason);
    },
  };
}
