/**
 * One step of the chart, as the laws see it.
 */
import type { ExecutionCommand } from '../machines/execution.commands.js';
import type { ChartState } from './chart-states.js';
import type { Fact } from './facts.js';

export interface Step {
  readonly before: ChartState;
  readonly fact: Fact;
  /** Received time, engine ms. */
  readonly at: number;
  /** Received time for which the commands were composed; another one when the chart decides alike at both. */
  readonly composedAt: number;
  readonly after: ChartState['context'];
  readonly path: string;
  readonly commands: readonly ExecutionCommand[];
}

export type Check = (step: Step) => string | undefined;
