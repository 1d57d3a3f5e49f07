/**
 * The kill switches as an object of their own, which several engines can share (K10).
 *
 * 1. A change reaches every engine that was given them in the same turn, the gate first (K5).
 * 2. They have a journal of their own; each engine records in its own what reached it.
 * 3. What an engine's own journal knows as ACTIVE is ACTIVE for all, unless the switches say later that it was released:
 *    a restart never opens the gate (K7).
 */

import {
  type KillSwitch,
  type KillSwitchActor,
  type KillSwitchEvents,
  killSwitchActor,
} from '../actors/kill-switch.js';
import type { AuditEntry } from '../domain/audit.js';
import { type SwitchChange, type SwitchView, switchKey, withChange } from '../domain/kill-switch.js';
import { refuseUnknown } from '../domain/option-names.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { causeOf, sentence } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import { LISTENER_THREW, type Recorder } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { openOwnRecords, restoreSwitches } from './own-records.js';

/** What {@link createKillSwitch} takes. @public @since 0.1.0 */
export interface KillSwitchOptions {
  /** Where the switches are kept, for the next process too; in memory by default. No engine can have the same one. */
  readonly journal?: Journal;
  /** The system clock by default. */
  readonly clock?: Clock;
  /** pino on standard error by default; `false` for none. */
  readonly logger?: Logger | false;
}

/** What `createKillSwitch` returns. @public @since 0.1.0 */
export interface SharedKillSwitch extends KillSwitch {
  /** Gives the journal back. Rejects while an engine uses the switches. May be repeated. */
  close(): Promise<void>;
}

/** What an engine does with switches that it shares: as its own, but that closing them is leaving them. */
interface JoinedSwitch extends KillSwitchActor {
  /** Called once the engine's own journal is folded. */
  settle(): void;
}

/** The way in for engines; nobody else has it. */
const entrances = new WeakMap<KillSwitch, (member: KillSwitchEvents) => JoinedSwitch>();

export const isShared = (given: unknown): given is SharedKillSwitch =>
  typeof given === 'object' && given !== null && entrances.has(given as KillSwitch);

/** @throws {FillchartError} `INVALID_OPTION` when it was not made by `createKillSwitch` */
export function joinSwitch(shared: SharedKillSwitch, member: KillSwitchEvents): JoinedSwitch {
  const join = entrances.get(shared);
  if (join === undefined)
    throw new FillchartError('INVALID_OPTION', 'killSwitch is not what createKillSwitch has returned.');
  return join(member);
}

/**
 * Opens the journal and restores the switches.
 *
 * @throws what the journal throws when another holds it
 * @throws {FillchartError} `JOURNAL_UNAVAILABLE` when it cannot be read, or is not what was written; it is closed then
 */
export async function openKillSwitch(options: Required<KillSwitchOptions>): Promise<SharedKillSwitch> {
  refuseUnknown('createKillSwitch', options, ['journal', 'clock', 'logger']);
  const { journal, clock, logger } = options;
  const { past, time, recorder } = await openOwnRecords({ journal, clock, logger });
  const members = new Set<KillSwitchEvents>();
  const actor = killSwitchActor(time, {
    ...togetherOf(members),
    async onChange(fact, audit) {
      const recorded = recordOf(recorder, time(), fact, audit);
      // All in this turn; each has told its executions when it returns.
      await Promise.all([recorded, ...[...members].map((member) => member.onChange(fact, audit))]);
    },
    onListenerError: (error) => recorder.say('error', { cause: causeOf(error) }, LISTENER_THREW),
  });
  restoreSwitches(past, actor.restore);

  let isClosed = false;
  const shared: SharedKillSwitch = Object.freeze(
    Object.assign(Object.create(actor.face) as KillSwitch, {
      async close() {
        if (isClosed) return;
        if (members.size > 0)
          throw new FillchartError(
            'INVALID_KILL_SWITCH',
            `${members.size} ${members.size === 1 ? 'engine uses' : 'engines use'} these switches; close what uses them first.`,
          );
        isClosed = true;
        actor.close();
        recorder.close();
        await journal.close();
      },
    }),
  );
  entrances.set(shared, (member) => joined(actor, members, member));
  return shared;
}

async function recordOf(
  recorder: Recorder,
  at: number,
  fact: KillSwitchFact,
  audit: readonly AuditEntry[],
): Promise<void> {
  const durability = await recorder.record({ stream: 'kill-switch', at, fact, audit });
  if (durability.durable) return;
  throw new FillchartError('JOURNAL_UNAVAILABLE', `The switch is set, but not durable: ${sentence(durability.cause)}`);
}

/** What any of the engines knows: of a symbol, and of a case that keeps a switch from being released. */
function togetherOf(
  members: ReadonlySet<KillSwitchEvents>,
): Pick<KillSwitchEvents, 'openCase' | 'aliases' | 'isKnown'> {
  const firstOf = <T>(ask: (member: KillSwitchEvents) => T | undefined): T | undefined => {
    for (const member of members) {
      const answer = ask(member);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  return {
    openCase: (target) => firstOf((member) => member.openCase(target)),
    aliases: (symbol) => [...members].flatMap((member) => member.aliases?.(symbol) ?? []),
    isKnown(target) {
      const answers = [...members].map((member) => member.isKnown?.(target));
      if (answers.includes(true)) return true;
      return answers.length > 0 && answers.every((answer) => answer === false) ? false : undefined;
    },
  };
}

function joined(actor: KillSwitchActor, members: Set<KillSwitchEvents>, member: KillSwitchEvents): JoinedSwitch {
  members.add(member);
  let own: readonly SwitchView[] = [];
  return Object.assign(Object.create(actor.face) as KillSwitch, {
    face: actor.face,
    restore: ({ change }: KillSwitchFact) => {
      own = withChange(own, change);
    },
    settle() {
      for (const known of own) if (known.state === 'ACTIVE' && !isSettled(actor, known)) raise(actor, known);
    },
    close: () => void members.delete(member),
  });
}

/** It is ACTIVE for all, or the switches know of something later. */
function isSettled({ switches, history }: KillSwitch, { type, target, since }: SwitchView): boolean {
  const key = switchKey(type, target);
  const isSame = (other: SwitchView | SwitchChange) => switchKey(other.type, other.target) === key;
  return (
    switches.some((other) => isSame(other) && other.state === 'ACTIVE') ||
    history.some((change) => isSame(change) && change.time >= since)
  );
}

function raise(actor: KillSwitchActor, { type, target, reason, by }: SwitchView): void {
  actor.face.set({ type, target, state: 'ACTIVE', reason, by }).catch(() => undefined);
}
