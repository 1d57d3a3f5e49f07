/**
 * The watch of a hosted execution: one step at a time that polls order and exits, and is begun anew when it has ended.
 */
import type { ExitFact, ExitLeg } from '../domain/exits.js';
import type { CommandOf } from '../machines/execution.commands.js';
import { hardTimeoutAt, orderRef } from '../machines/execution.context.js';
import { step, takes } from '../machines/step.js';
import { begin, type Hosting } from './hosting.js';
import type { Life } from './life.js';
import { type Watch, watchUntilNews } from './steps.js';
import { WATCH } from './underway.js';

type WatchCommand = CommandOf<'watchOrder' | 'unwatchOrder' | 'watchExits' | 'unwatchExits'>;

export interface HostedWatch {
  readonly isWatchingOrder: boolean;
  follow(command: WatchCommand): void;
  /** What was told of an exit, so that the next watch tells what is new. */
  heard(leg: ExitLeg, report: ExitFact): void;
  /** Begins the step, unless nothing is watched. */
  begin(): void;
  stop(): void;
}

/** When the chart cancels the order at T = 30 s, as it stands. */
function cancelOf({ state, context }: Life): { readonly cancelAt?: number } {
  if (context.firstSubmitAt === undefined) return {};
  const at = hardTimeoutAt(context);
  const due = { type: 'DEADLINE', at, name: 'hardTimeout' } as const;
  const isCancelled = takes(state, due) && step(state, due).commands.some(({ type }) => type === 'cancelOrder');
  return isCancelled ? { cancelAt: at } : {};
}

export function hostedWatch(hosting: Hosting): HostedWatch {
  const { parts, life, begun } = hosting;
  const exitsTold: Partial<Record<ExitLeg, ExitFact>> = {};
  let isOrder = false;
  let exits: CommandOf<'watchExits'>['refs'] | undefined;
  let stopping = new AbortController();

  /** The one before ends at once in its worker; what it would have brought is found by the new one. */
  function beginWatch(): void {
    stopping.abort();
    begun.forget(WATCH);
    if (!isOrder && exits === undefined) return;
    stopping = new AbortController();
    const { signal } = stopping;
    const now: Watch = {
      ...(isOrder && { order: { ref: orderRef(life.context), known: life.context.order, ...cancelOf(life) } }),
      ...(exits !== undefined && { exits: { refs: exits, known: { ...exitsTold } } }),
    };
    begin(
      hosting,
      WATCH,
      (start) => watchUntilNews(parts, start, now, signal),
      (news) => news,
    );
  }

  return {
    get isWatchingOrder() {
      return isOrder;
    },
    follow(command) {
      if (command.type === 'watchOrder' || command.type === 'unwatchOrder') isOrder = command.type === 'watchOrder';
      else exits = command.type === 'watchExits' ? command.refs : undefined;
      beginWatch();
    },
    heard(leg, report) {
      exitsTold[leg] = report;
    },
    begin: beginWatch,
    stop: () => stopping.abort(),
  };
}
