/**
 * How the exits' chart is made with one thing wrong, and in which world that shows.
 */
import { protectionMachine } from '../../machines/protection.machine.js';
import { protectionSetup } from '../../machines/protection.setup.js';
import { alterations, type Definition } from '../altered-chart.js';
import type { ExitScope, ProtectionChart } from './verify-exits.js';

export interface ExitMutant {
  readonly name: string;
  /** What goes wrong in the world. */
  readonly breaks: string;
  chart(): ProtectionChart;
  /** The least world in which it shows. */
  readonly scope: ExitScope;
}

const { without, ...ways } = alterations<ProtectionChart>(
  protectionMachine,
  protectionSetup as unknown as Parameters<typeof alterations>[1],
);
export const { altered, provided } = ways;

/** Two exits, one alone, a pair that the venue ties, a sale, and a process that ends. */
const PAIR: ExitScope = { crashes: false, starts: [0] };
export const ALONE: ExitScope = { crashes: false, starts: [4] };
export const TIED: ExitScope = { crashes: false, starts: [2] };
export const SOLD: ExitScope = { crashes: false, starts: [3] };
export const CRASHED: ExitScope = { crashes: true, starts: [0] };
export const CRASHED_ALONE: ExitScope = { crashes: true, starts: [4] };
export const NONE: ExitScope = { crashes: true, starts: [6] };

export const mutant = (
  name: string,
  breaks: string,
  chart: () => ProtectionChart,
  scope: ExitScope = PAIR,
): ExitMutant => ({
  name,
  breaks,
  chart,
  scope,
});

export const guard = (name: string, answer: (args: never) => boolean) => () => provided({ guards: { [name]: answer } });
export const action = (name: string, patch: (args: never) => object) => () =>
  provided({ actions: { [name]: protectionSetup.assign(patch as never) } });
export const silent = (name: string) => () => provided({ actions: { [name]: () => undefined } });
export const drops = (path: string) => () => without(path);
export const aims = (path: string, target: string) => () =>
  altered(path, (transition: Definition) => {
    transition['target'] = target;
  });
