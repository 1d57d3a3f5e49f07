/**
 * What an engine knows now, as the next one will start from it (E7).
 */
import type { CaseRegister } from '../actors/cases.js';
import { type EngineTime, type PastTime, readingOf } from '../actors/engine-time.js';
import type { ArchiveAnchor } from '../domain/journal-index.js';
import type { Clock } from '../domain/ports.js';
import type { Recorder } from '../journal/recorder.js';
import type { Metrics } from '../views/metrics.js';
import type { EndedViews } from './fold-views.js';
import type { Protections } from './protections.js';
import type { RiskCounters } from './risk-counters.js';
import type { Switchboard } from './switchboard.js';
import type { ViewsState } from './views-state.js';

interface ViewsParts extends Omit<EndedViews, 'metrics'> {
  readonly recorder: Recorder;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly past: PastTime;
  readonly board: Pick<Switchboard, 'facts'>;
  readonly cases: CaseRegister;
  readonly metrics: Metrics;
  readonly counters: RiskCounters;
  readonly protections: Protections;
  readonly symbols: ReadonlySet<string>;
  readonly anchors: readonly ArchiveAnchor[];
}

/** The views as they are. @param live executions that are not done */
export function viewsStateOf(parts: ViewsParts, live: readonly string[]): ViewsState {
  const { recorder, time, clock, past, board, cases, protections, filled, holdings, metrics, counters } = parts;
  const now = time();
  const { clock: reading } = readingOf(clock);
  const others = past.readings.filter(({ origin }) => origin !== reading?.origin);
  return {
    end: recorder.end,
    past: { at: now, readings: reading === undefined ? others : [{ ...reading, at: now }, ...others] },
    switches: [...board.facts],
    cases: cases.all(),
    live,
    uncertain: [...parts.uncertain],
    unbegun: [],
    untold: [],
    ...protections.state(),
    symbols: [...parts.symbols],
    archives: [...parts.anchors],
    filled: filled.state(),
    holdings: holdings.state(),
    counts: metrics.state(),
    risk: counters.state(),
  };
}
