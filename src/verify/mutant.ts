/**
 * One chart with one thing wrong, and the usual ways to make one.
 */
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import { altered, type Definition, without } from './altered-chart.js';
import type { ExecutionChart } from './decide.js';
import { CANCELLING_ACTIVE, RISK_LIMIT_ACTIVE } from './facts.js';
import type { Scope } from './scope.js';

export interface Mutant {
  readonly name: string;
  /** What goes wrong in the world. */
  readonly breaks: string;
  chart(): ExecutionChart;
  /** The least world in which it shows. */
  readonly scope: Scope;
}

export interface Args {
  readonly context: ExecutionContext;
  readonly event: ExecutionFact;
}

const CALM: Scope = { switches: [0], crashes: 0 };
export const KILLED: Scope = { switches: [0, CANCELLING_ACTIVE], crashes: 0 };
export const RISKY: Scope = { switches: [0, RISK_LIMIT_ACTIVE], crashes: 0 };
export const CRASHED: Scope = { switches: [0], crashes: 1 };
export const SOLD: Scope = { ...CALM, isSale: true };
export const KILLED_AND_CRASHED: Scope = { switches: [0, CANCELLING_ACTIVE], crashes: 1 };
/** A venue that takes its word back. */
export const ROUGHLY: Scope = { ...CALM, isRough: true };
export const ROUGHLY_KILLED: Scope = { ...KILLED, isRough: true };
export const ROUGHLY_CRASHED: Scope = { ...CRASHED, isRough: true };

export const mutant = (name: string, breaks: string, chart: () => ExecutionChart, scope: Scope = CALM): Mutant => ({
  name,
  breaks,
  chart,
  scope,
});

export const aims = (path: string, target: string) => () =>
  altered(path, (transition) => {
    transition['target'] = target;
  });

/** The action is taken out of the transition or entry at `path`. */
export const forgets =
  (path: string, action: string, member = 'actions') =>
  () =>
    altered(path, (holder) => {
      const given = holder[member];
      const actions = Array.isArray(given) ? given : [given];
      const kept = actions.filter((one) => one !== action && (one as Definition)['type'] !== action);
      if (kept.length === actions.length) throw new RangeError(`${path} has no ${action}`);
      holder[member] = kept as string[];
    });

export const drops = (path: string) => () => without(path);
