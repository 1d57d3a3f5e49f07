/**
 * The kill-switch actor: the gate itself.
 *
 * 1. A change counts in the turn in which it is asked for, before anything is awaited (K5).
 * 2. Lowering an ACTIVE switch is a release, by whichever method: it needs who and why, and no open case in its scope,
 *    unless forced with a reason (K6).
 */
import { type Observable, Subject } from 'rxjs';
import type { AuditEntry } from '../domain/audit.js';
import {
  type Aliases,
  isMoreSevere,
  KillSwitchState,
  KillSwitchType,
  type SwitchChange,
  type SwitchView,
  stateFor,
  switchKey,
} from '../domain/kill-switch.js';
import { nearestName } from '../domain/nearest-name.js';
import { FillchartError } from '../domain/reasons.js';
import { show } from '../domain/snapshot.js';
import { epochMs, isoTime } from '../domain/time.js';
import { containedStream } from '../journal/contained-stream.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { newKillSwitchState, step } from '../machines/step.js';
import type { EngineTime } from './engine-time.js';

/** What `killSwitch.set` takes: the switch, its new state, who sets it and why (K6). @public @since 0.1.0 */
export interface SwitchSetting {
  readonly type: KillSwitchType;
  readonly state: KillSwitchState;
  /** The symbol. `SYMBOL_LEVEL` needs one, `GLOBAL` takes none. */
  readonly target?: string | undefined;
  readonly reason: string;
  readonly by?: string | undefined;
}

/** What `killSwitch.release` takes: the switch, who releases it and why (K6). @public @since 0.1.0 */
export interface SwitchRelease {
  readonly type: KillSwitchType;
  readonly target?: string | undefined;
  readonly by: string;
  readonly reason: string;
  /** Releases although a case in the scope is open. */
  readonly force?: boolean | undefined;
}

/** The public face. @public @since 0.1.0 */
export interface KillSwitch {
  /** The gate closes in this very turn; the promise resolves when the change is durable. Rejects what is not acceptable. */
  set(change: SwitchSetting): Promise<void>;
  /** Turns a switch OFF. Rejects with `KILL_SWITCH_RELEASE_REFUSED` while a case in its scope is open, unless forced. */
  release(change: SwitchRelease): Promise<void>;
  isActive(symbol?: string): boolean;
  /** Most severe state of the switches that cover the symbol; without a symbol, of those that cover every symbol. */
  stateFor(symbol?: string): KillSwitchState;
  readonly switches: readonly SwitchView[];
  readonly history: readonly SwitchChange[];
  readonly changes$: Observable<SwitchChange>;
}

export interface KillSwitchEvents {
  /** Called in the turn of the change, after the gate; settles when the change is durable and what it caused is on its way. */
  onChange(fact: KillSwitchFact, audit: readonly AuditEntry[]): Promise<void>;
  /** Told what a listener of `changes$` threw. */
  onListenerError(error: unknown): void;
  /** Id of an open case in the scope of a switch with this target. */
  openCase(target: string | undefined): string | undefined;
  /** Other notations of a symbol (K9). */
  readonly aliases?: Aliases | undefined;
  /** Whether anybody knows a symbol by this name; left out where nobody could say (K9). */
  isKnown?(target: string): boolean | undefined;
}

export interface KillSwitchActor extends KillSwitch {
  /** What is handed out: it opens the gate by `release` alone (K10). */
  readonly face: KillSwitch;
  restore(fact: KillSwitchFact): void;
  close(): void;
}

export function killSwitchActor(time: EngineTime, events: KillSwitchEvents): KillSwitchActor {
  let state = newKillSwitchState();
  const changes$ = new Subject<SwitchChange>();
  let isClosed = false;
  const known = () => state.context;

  const current = (type: KillSwitchType, target?: string): SwitchView | undefined =>
    known().switches.find((other) => switchKey(other.type, other.target) === switchKey(type, target));

  const coversNothing = ({ state, target }: SwitchSetting): boolean =>
    state !== 'OFF' && target !== undefined && events.isKnown?.(target) === false;

  function apply(type: KillSwitchFact['type'], setting: SwitchSetting, forced?: boolean): Promise<void> {
    const before = current(setting.type, setting.target);
    const now = time();
    const change: SwitchChange = {
      time: isoTime(now),
      type: setting.type,
      ...(setting.target !== undefined && { target: setting.target }),
      state: setting.state,
      previous: before?.state ?? 'OFF',
      reason: setting.reason,
      ...(setting.by !== undefined && { by: setting.by }),
      ...(forced === true && { forced }),
      durationMs: before === undefined ? 0 : now - epochMs(before.since),
      ...(coversNothing(setting) && { coversNothingKnown: true }),
    };
    const fact = { type, change };
    const { state: after, audit } = step(state, fact);
    state = after;
    // Listeners hear of it when the cancels have gone out (E6).
    return events.onChange(fact, audit).finally(() => changes$.next(change));
  }

  function refuseWhenClosed(): void {
    if (isClosed)
      throw new FillchartError('ENGINE_CLOSED', 'The engine is closed: its kill switches guard nothing any more.');
  }

  function refuseRelease({ type, target, by, reason }: SwitchSetting, force: boolean): void {
    if (!isSaid(by)) throw invalid('by', by, `who releases ${switchKey(type, target)}`);
    if (!isSaid(reason)) throw invalid('reason', reason, `why ${switchKey(type, target)} is released`);
    const openCase = events.openCase(target);
    if (openCase === undefined || force) return;
    const message = `${switchKey(type, target)} stays: case ${openCase} in its scope is open. Resolve it, or release with force and a reason.`;
    throw new FillchartError('KILL_SWITCH_RELEASE_REFUSED', message);
  }

  const face: KillSwitch = Object.freeze({
    // Not an async function: what is not acceptable rejects, and what is acceptable has happened when the call returns.
    set(change: SwitchSetting) {
      try {
        refuseWhenClosed();
        const setting = checked(change);
        const before = current(setting.type, setting.target);
        const lowers = before?.state === 'ACTIVE' && isMoreSevere(before.state, setting.state);
        // What raises is never refused for a field too many; what lowers must mean what it says.
        if (lowers) {
          refuseFields('set', change, SETTING_FIELDS);
          refuseRelease(setting, false);
        }
        return apply(lowers ? 'RELEASED' : 'SET', setting);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    release(change: SwitchRelease) {
      try {
        refuseWhenClosed();
        refuseFields('release', change, RELEASE_FIELDS);
        const setting = checked({ ...change, state: 'OFF' });
        refuseRelease(setting, change.force === true);
        return apply('RELEASED', setting, change.force === true && events.openCase(setting.target) !== undefined);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    isActive: (symbol?: string) => stateFor(known().switches, symbolOf(symbol), events.aliases) === 'ACTIVE',
    stateFor: (symbol?: string) => stateFor(known().switches, symbolOf(symbol), events.aliases),
    get switches() {
      return known().switches;
    },
    get history() {
      return known().history;
    },
    changes$: containedStream(changes$, events.onListenerError),
  });

  return Object.assign(Object.create(face) as KillSwitch, {
    face,
    restore(fact: KillSwitchFact) {
      state = step(state, fact).state;
    },
    close() {
      isClosed = true;
      changes$.complete();
    },
  });
}

/** The setting as it will be kept. Throws `INVALID_KILL_SWITCH`, naming field, value and what is accepted. */
function checked(change: SwitchSetting): SwitchSetting {
  if (typeof change !== 'object' || change === null)
    throw invalid('change', change, 'an object with type, state and reason');
  const { type, state, reason } = change;
  // JSON says null where there is none: what stops trading is not refused for that.
  const [target, by] = [change.target ?? undefined, change.by ?? undefined];
  if (!Object.hasOwn(KillSwitchType, type)) throw invalid('type', type, Object.keys(KillSwitchType).join(', '));
  if (!Object.hasOwn(KillSwitchState, state)) throw invalid('state', state, Object.keys(KillSwitchState).join(', '));
  if (target !== undefined && !isSaid(target)) throw invalid('target', target, 'a symbol');
  if (type === 'SYMBOL_LEVEL' && target === undefined)
    throw invalid('target', target, 'a symbol: SYMBOL_LEVEL needs one');
  if (type === 'GLOBAL' && target !== undefined) throw invalid('target', target, 'nothing: GLOBAL covers every symbol');
  if (!isSaid(reason)) throw invalid('reason', reason, 'why, in words');
  if (by !== undefined && typeof by !== 'string') throw invalid('by', by, 'a name');
  return { type, state, target: target?.trim(), reason, by };
}

const SETTING_FIELDS = ['type', 'state', 'target', 'reason', 'by'];
const RELEASE_FIELDS = ['type', 'target', 'by', 'reason', 'force', 'state'];
/** What a switch or a change, as they are shown, say besides: a release may be made from one. */
const SHOWN_FIELDS = ['since', 'time', 'previous', 'forced', 'durationMs', 'coversNothingKnown'];

/** A target under a wrong name would set or release the switch of every symbol. */
function refuseFields(what: string, change: unknown, known: readonly string[]): void {
  if (typeof change !== 'object' || change === null)
    throw invalid('change', change, `an object with ${known.join(', ')}`);
  const unknown = Object.keys(change).find((field) => !known.includes(field) && !SHOWN_FIELDS.includes(field));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}.` : `did you mean "${nearest}"?`;
  throw new FillchartError('INVALID_KILL_SWITCH', `${what} has no field ${unknown}; ${hint}`);
}

/** Whoever asks without a symbol asks about the switches that cover all. Anything but a text names no symbol. */
function symbolOf(symbol: unknown): string | undefined {
  if (symbol === undefined || symbol === null) return undefined;
  if (typeof symbol !== 'string') throw invalid('symbol', symbol, 'a symbol, or nothing');
  return symbol;
}

const invalid = (field: string, value: unknown, accepted: string): FillchartError =>
  new FillchartError('INVALID_KILL_SWITCH', `${field} is ${show(value)}; accepted is ${accepted}.`);

const isSaid = (text: unknown): boolean => typeof text === 'string' && text.trim() !== '';
