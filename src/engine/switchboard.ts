/**
 * Between the kill-switch actor and the executions: a change is recorded, then told to every live execution that it covers.
 *
 * The gate is closed before any of it. Very many executions are told in slices; each hears of the change before anything else.
 */

import type { CaseRegister } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import { type KillSwitchActor, killSwitchActor, type SwitchSetting } from '../actors/kill-switch.js';
import type { SlicedWalk } from '../actors/sliced-walk.js';
import type { Urgency } from '../actors/turns.js';
import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import {
  type Aliases,
  cancelsLiveOrders,
  covers,
  type DecidingSwitch,
  decidingSwitch,
  type SwitchView,
  stateFor,
  switchNamed,
} from '../domain/kill-switch.js';
import { causeOf, sentence } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import { LISTENER_THREW, type Recorder } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { ExecutionMap } from '../views/execution-map.js';
import type { Metrics } from '../views/metrics.js';
import { BY, isRisk, riskHalt } from './risk-halt.js';
import { joinSwitch, type SharedKillSwitch } from './shared-switch.js';

interface SwitchboardParts {
  readonly time: EngineTime;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly cases: CaseRegister;
  readonly executions: ExecutionMap;
  /** How a change is told to all that are live. */
  readonly walk: SlicedWalk<ExecutionHost>;
  /** Other notations of a symbol, where the broker tells them (K9). */
  readonly aliases?: Aliases | undefined;
  /** Switches that other engines have too; of its own by default (K10). */
  readonly shared?: SharedKillSwitch | undefined;
  /** Called when every live execution has been told. */
  readonly onSwitch?: () => void;
}

export interface Switchboard {
  readonly killSwitch: KillSwitchActor;
  /** A change of which the journal knows. */
  restore(fact: KillSwitchFact): void;
  /** Every change that the journal knows, oldest first. */
  readonly facts: readonly KillSwitchFact[];
  /** What the journal knows as ACTIVE is so for all that share the switches. Called once the journal is folded. */
  settle(): void;
  /** Tells an execution of a switch, if it covers its symbol: at once, or in the order of what it is told besides. */
  tell(host: ExecutionHost, changed: DecidingSwitch, urgency?: Urgency): void;
  /** The switch that decides on the symbol, when one that covers it is ACTIVE (K8). */
  decidedBy(symbol: string | undefined): DecidingSwitch | undefined;
  /** Something is wrong with the ground that we stand on: nothing is submitted until a person says so. */
  closeGate(reason: string): void;
  /** The same, once: while GLOBAL is ACTIVE already, its reason stands. */
  closeGateOnce(reason: string): void;
  /** A limit is reached: sets `RISK_LIMIT`, for a symbol or for all, unless it stands for this limit already (G3). */
  haltRisk(limit: string, reason: string, target: string | undefined): void;
  /** When `RISK_LIMIT` with this target changed last, ISO 8601 UTC. */
  riskChangedAt(target: string | undefined): string | undefined;
}

/** Said where the broker tells no notations, and no advisory has named the target of a switch (K9). */
export const UNNAMED =
  'no advisory has named this symbol, and the broker tells no other notations of it: it is covered only if advisories write it in exactly this way';

export function switchboard(parts: SwitchboardParts): Switchboard {
  const { time, recorder, metrics, cases, executions, walk, aliases, shared, onSwitch } = parts;
  const events = {
    onChange,
    onListenerError: (error: unknown) => recorder.say('error', { cause: causeOf(error) }, LISTENER_THREW),
    openCase: (target: string | undefined) => cases.openInScope(target)?.caseId,
    aliases,
    ...(aliases !== undefined && { isKnown }),
  };
  const joined = shared && joinSwitch(shared, events);
  const killSwitch = joined ?? killSwitchActor(time, events);
  const facts: KillSwitchFact[] = [];

  /** The broker knows the symbol, or an advisory has named it. */
  function isKnown(target: string): boolean {
    const isNamed = (symbol: string) => covers(target, symbol, aliases);
    return (aliases?.(target).length ?? 0) > 0 || [...executions.symbols].some(isNamed);
  }

  /** Where the broker tells no notations, only advisories can show that a target is written as they write it (K9). */
  function sayUnnamed({ type, target, state }: SwitchSetting): void {
    if (aliases !== undefined || target === undefined || state === 'OFF' || isKnown(target)) return;
    recorder.say('warn', { type, target, state }, UNNAMED);
  }

  /** Runs in the turn of the change, after the gate has closed (K5). */
  async function onChange(fact: KillSwitchFact, audit: readonly AuditEntry[]): Promise<void> {
    const { change } = fact;
    facts.push(fact);
    const recorded = recorder.record({ stream: 'kill-switch', at: time(), fact, audit });
    if (change.state === 'ACTIVE' && cancelsLiveOrders(change.type)) metrics.activated(time());
    const { switches } = killSwitch;
    const walked = walk.begin(executions.live, tellerOf({ ...change, since: change.time }, switches));
    if (change.state === 'ACTIVE') onSwitch?.();
    sayUnnamed(change);
    const durability = await recorded;
    await walked;
    await recorder.told();
    if (durability.durable) return;
    throw new FillchartError(
      'JOURNAL_UNAVAILABLE',
      `The switch is set, but not durable: ${sentence(durability.cause)}`,
    );
  }

  const decidedBy = (symbol: string | undefined): DecidingSwitch | undefined =>
    decidingSwitch(killSwitch.switches, symbol, aliases);

  const tell = (host: ExecutionHost, changed: DecidingSwitch, urgency?: Urgency): void =>
    tellerOf(changed, killSwitch.switches, urgency)(host);

  /** @param switches as they were when this one had changed: what has changed since is told after it */
  function tellerOf(
    changed: DecidingSwitch,
    switches: readonly SwitchView[],
    urgency?: Urgency,
  ): (host: ExecutionHost) => void {
    const { type, target, state } = changed;
    const isActive = state === 'ACTIVE';
    // One object for all: what is reckoned or written of it is the same for each.
    const itself = isActive ? deepFreeze(switchNamed(changed)) : undefined;
    return (host) => {
      const { symbol } = host.context.snapshot;
      if (!covers(target, symbol, aliases)) return;
      const effective = isActive ? state : stateFor(switches, symbol, aliases);
      const decided = itself ?? decidingSwitch(switches, symbol, aliases);
      const named = effective === 'ACTIVE' && decided !== undefined ? { decidedBy: decided } : {};
      host.send({ type: 'KILL_SWITCH', at: time(), switchType: type, state, effective, ...named }, urgency);
    };
  }

  function closeGate(reason: string): void {
    const { state, by, reason: first = '' } = killSwitch.switches.find(({ type }) => type === 'GLOBAL') ?? {};
    // What was wrong first is not covered by what followed from it.
    const both = state === 'ACTIVE' && by === BY && first !== reason ? `${first} Then: ${reason}` : reason;
    killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: both, by: BY }).catch(() => undefined);
  }

  return {
    killSwitch,
    restore(fact) {
      facts.push(fact);
      killSwitch.restore(fact);
    },
    facts,
    settle: () => joined?.settle(),
    tell,
    decidedBy,
    closeGate,
    closeGateOnce(reason) {
      const isClosed = killSwitch.switches.some(({ type, state }) => type === 'GLOBAL' && state === 'ACTIVE');
      if (!isClosed) closeGate(reason);
    },
    haltRisk(limit, reason, target) {
      const setting = riskHalt(killSwitch.switches, { limit, reason, target });
      if (setting !== undefined) killSwitch.set(setting).catch(() => undefined);
    },
    riskChangedAt: (target) => killSwitch.history.findLast(isRisk(target))?.time,
  };
}
