/**
 * Kill switches as algebra (K1).
 *
 * 1. A switch is the pair (type, target); setting one never changes another.
 * 2. What covers a symbol: every switch without a target, and those whose target is the symbol. Targets are compared
 *    without regard to case and outer blanks: at three in the morning `aapl` must stop `AAPL`; and a symbol is also known
 *    by the other notations that its broker takes, such as `BTCUSDT` for `BTC/USDT` (K9).
 * 3. The state of a symbol is the most severe state of the switches that cover it.
 */
import { boundedText } from './reading.js';

/**
 * The types of kill switches: `SYMBOL_LEVEL` needs a target, `GLOBAL` takes none, the others may have one (K).
 * @public @since 0.1.0
 */
export const KillSwitchType = {
  GLOBAL: 'GLOBAL',
  SYMBOL_LEVEL: 'SYMBOL_LEVEL',
  RISK_LIMIT: 'RISK_LIMIT',
  MANUAL: 'MANUAL',
} as const;
/**
 * The types of kill switches: `SYMBOL_LEVEL` needs a target, `GLOBAL` takes none, the others may have one (K).
 * @public @since 0.1.0
 */
export type KillSwitchType = (typeof KillSwitchType)[keyof typeof KillSwitchType];

/**
 * The states of a kill switch: `ACTIVE` blocks, `WARNING` is logged and lets executions proceed, `OFF` (K1).
 * @public @since 0.1.0
 */
export const KillSwitchState = { OFF: 'OFF', WARNING: 'WARNING', ACTIVE: 'ACTIVE' } as const;
/**
 * The states of a kill switch: `ACTIVE` blocks, `WARNING` is logged and lets executions proceed, `OFF` (K1).
 * @public @since 0.1.0
 */
export type KillSwitchState = (typeof KillSwitchState)[keyof typeof KillSwitchState];

/** A switch as it stands. @public @since 0.1.0 */
export interface SwitchView {
  readonly type: KillSwitchType;
  /** The symbol; absent for a switch that covers every symbol. */
  readonly target?: string;
  readonly state: KillSwitchState;
  readonly reason: string;
  readonly by?: string;
  /** Since when the switch is in this state, ISO 8601 UTC. */
  readonly since: string;
  /** Neither the broker nor the journal knew the symbol when it was set (K9). */
  readonly coversNothingKnown?: true;
}

/** One line of the history (K6). @public @since 0.1.0 */
export interface SwitchChange {
  readonly time: string;
  readonly type: KillSwitchType;
  readonly target?: string;
  readonly state: KillSwitchState;
  readonly previous: KillSwitchState;
  readonly reason: string;
  readonly by?: string;
  /** Set when a release was forced while a case in its scope was open. */
  readonly forced?: boolean;
  /** How long the switch was in the previous state, in ms; 0 when it had none. */
  readonly durationMs: number;
  /** Neither the broker nor the journal knows the symbol (K9). */
  readonly coversNothingKnown?: true;
}

const SEVERITY: Record<KillSwitchState, number> = { OFF: 0, WARNING: 1, ACTIVE: 2 };

/** Which types cancel an order that is live already (K3); `RISK_LIMIT` blocks new executions only. */
const CANCELS_LIVE_ORDERS: Record<KillSwitchType, boolean> = {
  GLOBAL: true,
  SYMBOL_LEVEL: true,
  RISK_LIMIT: false,
  MANUAL: true,
};

export const cancelsLiveOrders = (type: KillSwitchType): boolean => CANCELS_LIVE_ORDERS[type];
export const isMoreSevere = (a: KillSwitchState, b: KillSwitchState): boolean => SEVERITY[a] > SEVERITY[b];

/** A symbol as it is compared: without regard to case and outer blanks. */
export const symbolKey = (symbol: string): string => symbol.trim().toUpperCase();

/** Identity of a switch: its type and target. */
export const switchKey = (type: KillSwitchType, target?: string): string =>
  target === undefined ? type : `${type}:${symbolKey(target)}`;

/** Other notations of a symbol; none where nothing is known of it. Never throws. */
export type Aliases = (symbol: string) => readonly string[];

const NO_ALIASES: Aliases = () => [];

/** Whether a switch with this target covers the symbol; without a symbol, only switches that cover all do. */
export function covers(target: string | undefined, symbol?: string, aliases = NO_ALIASES): boolean {
  if (target === undefined) return true;
  if (symbol === undefined) return false;
  const wanted = symbolKey(target);
  return wanted === symbolKey(symbol) || aliases(symbol).some((name) => symbolKey(name) === wanted);
}

/** The most severe state among the switches that cover the symbol (K1). */
export function stateFor(switches: readonly SwitchView[], symbol?: string, aliases = NO_ALIASES): KillSwitchState {
  let worst: KillSwitchState = 'OFF';
  for (const { state, target } of switches) {
    if (isMoreSevere(state, worst) && covers(target, symbol, aliases)) worst = state;
  }
  return worst;
}

/** A switch that refuses or cancels, as it is named to people (K8). @public @since 0.1.0 */
export interface DecidingSwitch {
  readonly type: KillSwitchType;
  readonly target?: string;
  readonly state: KillSwitchState;
  /** The operator's words. */
  readonly reason: string;
  readonly by?: string;
  /** Since when it is in this state, ISO 8601 UTC. */
  readonly since: string;
}

/** Which of the ACTIVE switches that cover the symbol is named: the one that has been so for longest. */
export function decidingSwitch(
  switches: readonly SwitchView[],
  symbol?: string,
  aliases = NO_ALIASES,
): DecidingSwitch | undefined {
  const active = switches.filter(({ state, target }) => state === 'ACTIVE' && covers(target, symbol, aliases));
  const longest = active.toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0))[0];
  return longest === undefined ? undefined : switchNamed(longest);
}

/** The switch as it is named, and nothing else of it. */
export const switchNamed = ({ type, target, state, reason, by, since }: DecidingSwitch): DecidingSwitch => ({
  type,
  ...(target !== undefined && { target }),
  state,
  reason: boundedText(reason),
  ...(by !== undefined && { by: boundedText(by) }),
  since,
});

/** The switch in a sentence; none where it is not known, as in records of older versions. */
export const switchSentence = (decided: DecidingSwitch | undefined): string => {
  if (decided === undefined) return '';
  const { type, target, state, reason, by, since } = decided;
  const name = target === undefined ? type : `${type} ${target}`;
  return boundedText(` It is ${name}, ${state} since ${since}${by === undefined ? '' : `, set by ${by}`}: ${reason}`);
};

/** The switches with one changed or added; the others are untouched. A switch that is OFF is kept, for its reason. */
export function withChange(switches: readonly SwitchView[], change: SwitchChange): readonly SwitchView[] {
  const key = switchKey(change.type, change.target);
  const changed: SwitchView = {
    type: change.type,
    ...(change.target !== undefined && { target: change.target }),
    state: change.state,
    reason: change.reason,
    ...(change.by !== undefined && { by: change.by }),
    since: change.time,
    ...(change.coversNothingKnown === true && { coversNothingKnown: true }),
  };
  const rest = switches.filter(({ type, target }) => switchKey(type, target) !== key);
  return Object.freeze([...rest, Object.freeze(changed)]);
}
