/**
 * Two people release GLOBAL, where that is asked for.
 *
 * 1. The first request changes nothing: it waits, for at most a quarter of an hour, for a second one by somebody else.
 * 2. It is kept in memory alone: after a restart the first has to ask again, and the switch stands.
 */
import type { KillSwitchType } from '../../domain/kill-switch.js';
import { switchKey } from '../../domain/kill-switch.js';
import type { Clock } from '../../domain/ports.js';
import type { PendingRelease } from '../api/controls.js';
import { refuse } from '../http/refusal.js';

interface AskedRelease {
  readonly type: KillSwitchType;
  readonly target?: string | undefined;
  readonly by: string;
  readonly reason: string;
  readonly force?: boolean | undefined;
}

type TwoPersonVerdict =
  | { readonly kind: 'waits'; readonly pending: PendingRelease }
  /** Released by both, for both reasons. */
  | { readonly kind: 'agreed'; readonly by: string; readonly reason: string; readonly force: boolean };

export interface TwoPersonRule {
  readonly isOn: boolean;
  /** @throws {Refusal} `SECOND_PERSON_NEEDED` for the same person again */
  ask(release: AskedRelease): TwoPersonVerdict;
  pending(): readonly PendingRelease[];
  /** The switch was set again: what was asked before does not count any more. */
  forget(type: KillSwitchType, target: string | undefined): void;
}

const LASTS_MS = 15 * 60 * 1_000;

export function twoPersonRule(isOn: boolean, clock: Clock): TwoPersonRule {
  const waiting = new Map<string, PendingRelease>();
  const alone = ({ by, reason, force }: AskedRelease): TwoPersonVerdict => ({
    kind: 'agreed',
    by,
    reason,
    force: force === true,
  });

  function pending(): readonly PendingRelease[] {
    const now = new Date(clock.now()).toISOString();
    for (const [key, { expiresAt }] of waiting) if (expiresAt <= now) waiting.delete(key);
    return [...waiting.values()];
  }

  function begin(release: AskedRelease, key: string): TwoPersonVerdict {
    const { type, target, by, reason, force } = release;
    const now = clock.now();
    const made: PendingRelease = {
      type,
      ...(target !== undefined && { target }),
      by,
      reason,
      requestedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + LASTS_MS).toISOString(),
      ...(force === true && { force }),
    };
    waiting.set(key, made);
    return { kind: 'waits', pending: made };
  }

  return {
    isOn,
    pending,
    ask(release) {
      if (!isOn || release.type !== 'GLOBAL') return alone(release);
      const key = switchKey(release.type, release.target);
      const first = pending().find((one) => switchKey(one.type, one.target) === key);
      if (first === undefined) return begin(release, key);
      const { by, reason } = release;
      if (first.by === by)
        throw refuse(
          'SECOND_PERSON_NEEDED',
          `${by} has asked already, at ${first.requestedAt}; releasing GLOBAL takes somebody else as well, until ${first.expiresAt}.`,
        );
      waiting.delete(key);
      // Forced only where both have said so.
      const force = first.force === true && release.force === true;
      return {
        kind: 'agreed',
        by: `${first.by} and ${by}`,
        reason: `${first.by}: ${first.reason} ${by}: ${reason}`,
        force,
      };
    },
    forget: (type, target) => void waiting.delete(switchKey(type, target)),
  };
}
