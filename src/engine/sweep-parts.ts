/**
 * What a sweep is made from, wherever the executions run (M3).
 */
import type { CaseRegister } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import type { ExitWatch } from '../actors/exit-watch.js';
import type { CallDeadlines } from '../domain/limits.js';
import { hasFill } from '../domain/order.js';
import type { BrokerAdapter, BrokerCapabilities, Clock } from '../domain/ports.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionMap } from '../views/execution-map.js';
import type { Holdings } from './holdings.js';
import { type EndedPosition, exitIdsOf, type Protections } from './protections.js';

export interface SweepParts {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly deadlines: CallDeadlines;
  readonly cases: CaseRegister;
  readonly executions: SweptExecutions;
  /** Executions that are over and whose order is not known to be closed. */
  readonly uncertain: () => readonly ExecutionContext[];
  /** A raw report on the order of one of them. */
  readonly onReport: (context: ExecutionContext, raw: unknown) => void;
  readonly protections: SweptPositions;
  readonly holdings: Pick<Holdings, 'expected' | 'heldIn' | 'symbols'>;
  readonly exitWatch: Pick<ExitWatch, 'ask'>;
  /** Brings executions, positions and holdings up to date, where that takes a question. */
  readonly refresh?: () => Promise<void>;
}

/** An execution that is live, as a sweep sees it. */
export interface LiveOrder {
  readonly symbol: string;
  /** Ids that may be open at the broker. */
  readonly openIds: readonly string[];
}

export interface SweptExecutions {
  live(): readonly LiveOrder[];
  /** Calls back with the symbol of each execution that becomes live, until the function that is returned is called. */
  watch(onLive: (symbol: string) => void): () => void;
}

export interface SweptPositions extends Pick<Protections, 'seen' | 'markUnclear'> {
  /** Positions whose exits are not over. */
  watched(): readonly EndedPosition[];
}

/** The executions of this process. */
export const sweptExecutions = ({ live, watch }: Pick<ExecutionMap, 'live' | 'watch'>): SweptExecutions => ({
  watch,
  live: () =>
    [...live].map(({ execution, snapshot, context: { order, clientOrderId } }) => {
      const entry = snapshot.status === 'active' ? [clientOrderId] : [];
      const openIds = hasFill(order) ? [...entry, ...exitIdsOf(clientOrderId)] : entry;
      return { symbol: execution.snapshot.symbol, openIds };
    }),
});
