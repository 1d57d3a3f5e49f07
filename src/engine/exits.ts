/**
 * The exits of all positions, tied together: their watch, their charts, and what they leave held (B7).
 */
import type { Observable } from 'rxjs';
import type { BrokerCalls } from '../actors/broker-calls.js';
import type { CaseRegister } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import { type ExitWatch, exitWatch } from '../actors/exit-watch.js';
import type { FilledTotals } from '../actors/filled-totals.js';
import type { OrderWatch } from '../actors/order-watch.js';
import type { ProtectionServices } from '../actors/protection-host.js';
import type { Turns } from '../actors/turns.js';
import { add, ZERO } from '../domain/decimal.js';
import { exitOf } from '../domain/exits.js';
import { containedStream } from '../journal/contained-stream.js';
import type { Recorder } from '../journal/recorder.js';
import { isOrderLive } from '../machines/execution.state.js';
import type { ExecutionMap } from '../views/execution-map.js';
import type { PositionView } from '../views/position-view.js';
import type { Range } from './accepted.js';
import type { History } from './history.js';
import { type Holdings, holdings, signed } from './holdings.js';
import type { CheckedOptions } from './options.js';
import { type Protections, protections } from './protections.js';

export interface ExitsParts {
  readonly options: CheckedOptions;
  readonly time: EngineTime;
  readonly recorder: Recorder;
  readonly cases: CaseRegister;
  readonly executions: ExecutionMap;
  readonly watch: OrderWatch;
  readonly calls: BrokerCalls;
  readonly turns: Turns;
  /** Told what is recorded of exits, in the turn in which it is. */
  readonly onAudit?: ProtectionServices['onAudit'];
  readonly filled: Pick<FilledTotals, 'holdExits' | 'close' | 'leaveClosed' | 'recallReopened'>;
  readonly past: Pick<History, 'endedPosition' | 'noteEntry' | 'entryOf' | 'forgetEntry' | 'report'>;
}

interface Exits {
  readonly exitWatch: ExitWatch;
  readonly protections: Protections;
  readonly holdings: Holdings;
  /** Changes, for whoever listens. */
  readonly exits$: Observable<PositionView>;
}

export function exitsOf(parts: ExitsParts): Exits {
  const { options, time, recorder, cases, executions, watch, calls, turns, onAudit, filled, past } = parts;
  const { entryOf } = past;
  const { broker, capabilities, clock, deadlines, exitPollIntervalMs: intervalMs } = options;
  const statusDeadlineMs = deadlines.statusMs;
  const { gaps$ } = watch;
  const looked = exitWatch({ broker, capabilities, clock, intervalMs, statusDeadlineMs, gaps$, entryOf });
  const held = holdings();

  /** What the live orders of a symbol have filled, and what they may fill yet. */
  function liveIn(symbol: string): Range {
    let [least, most] = [ZERO, ZERO];
    for (const { snapshot, context } of executions.live) {
      const { order, firstSubmitAt, snapshot: advisory } = context;
      if (advisory.symbol !== symbol || firstSubmitAt === undefined) continue;
      const filled = signed(advisory.side, order.cumQty);
      const possible = isOrderLive(snapshot) ? add(filled, signed(advisory.side, order.leavesQty)) : filled;
      least = add(least, advisory.side === 'buy' ? filled : possible);
      most = add(most, advisory.side === 'buy' ? possible : filled);
    }
    return { least, most };
  }

  const all = protections({
    clock,
    time,
    recorder,
    cases,
    watch: looked,
    turns,
    capabilities,
    holdings: held,
    observePosition: calls.observePosition,
    liveIn,
    onAudit,
    holdExits: filled.holdExits,
    onReopened: ({ clientOrderId, symbol, side }, quantity) =>
      filled.recallReopened(clientOrderId, symbol, side, quantity),
    onClosing({ clientOrderId, symbol, side }, closed, isOver) {
      filled.close(clientOrderId, symbol, side, closed);
      if (isOver) filled.leaveClosed(clientOrderId);
    },
    isInMemory: (clientOrderId) => executions.byOrder(clientOrderId) !== undefined,
    endedPosition: past.endedPosition,
    onBegun: past.noteEntry,
    onRetired: past.forgetEntry,
  });
  looked.news$.subscribe((news) => {
    const entry = executions.byOrder(news.id);
    if (news.kind === 'absent') all.absent(news.id);
    else if (entry !== undefined) entry.report(news.raw);
    else if (exitOf(news.id) === undefined) past.report(news.id, news.raw);
    else all.report(news.id, news.raw);
  });
  // Pushes on exits come with those on entries.
  watch.reports$.subscribe(({ clientOrderId, raw }) => all.report(clientOrderId, raw));
  const onError = (error: unknown) => recorder.say('error', { cause: String(error) }, 'a listener threw');
  return { exitWatch: looked, protections: all, holdings: held, exits$: containedStream(all.exits$, onError) };
}
