/**
 * The switch that a reached limit sets (G3), the same for every host.
 */
import type { SwitchSetting } from '../actors/kill-switch.js';
import { type DecidingSwitch, type SwitchView, switchKey } from '../domain/kill-switch.js';

/** A limit that is reached. */
export interface ReachedLimit {
  readonly limit: string;
  /** The figure, as a sentence. */
  readonly reason: string;
  /** A symbol; without one, all. */
  readonly target?: string | undefined;
}

/** Who sets a switch that nobody has asked for. */
export const BY = 'fillchart';

export const isRisk =
  (target: string | undefined) =>
  (known: Pick<DecidingSwitch, 'type' | 'target'>): boolean =>
    switchKey(known.type, known.target) === switchKey('RISK_LIMIT', target);

/** `undefined` when the switch stands for this very limit already. */
export function riskHalt(
  switches: readonly SwitchView[],
  { limit, reason, target }: ReachedLimit,
): SwitchSetting | undefined {
  const known = switches.find(isRisk(target));
  const isActive = known?.state === 'ACTIVE';
  if (isActive && known.by === BY && known.reason.includes(limit)) return undefined;
  // Whoever releases it must read of both.
  const both = isActive ? `${known.reason} Then: ${reason}` : reason;
  return { type: 'RISK_LIMIT', state: 'ACTIVE', reason: both, by: BY, ...(target !== undefined && { target }) };
}
