/**
 * What the world may do to an execution: report on its order, answer at last, set a switch, end its process.
 */
import type { KillSwitchState, KillSwitchType } from '../../domain/kill-switch.js';
import { applyReport } from '../../domain/order.js';
import type { SubmitOutcome } from '../../domain/ports.js';
import { hardTimeoutAt } from '../../machines/execution.context.js';
import { type ReportWords, reportFact } from './broker-words.js';
import type { Dated, Moment, Offers } from './offers.js';
import type { Deviation } from './path-fact.js';

export const outcome =
  (value: SubmitOutcome): Dated =>
  (at) => ({ type: 'SUBMIT_OUTCOME', at, outcome: value });
export const accepted = outcome({ kind: 'accepted', brokerOrderId: 'B-1' });
export const rejected = outcome({ kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' });
export const notSent = outcome({ kind: 'not_sent', reason: 'no route' });

type ReportName = 'full' | 'partial' | 'unpriced' | 'cancelled' | 'expired' | 'rejected' | 'over' | 'found';

const REPORTS: { readonly [Name in ReportName]: { readonly label: string; readonly words: ReportWords } } = {
  full: { label: 'filled', words: { state: 'filled', filledSize: '100', fillPrice: '151' } },
  partial: { label: 'partly filled', words: { state: 'partially_filled', filledSize: '40', fillPrice: '150.5' } },
  unpriced: { label: 'filled without a price', words: { state: 'filled', filledSize: '100' } },
  cancelled: { label: 'cancelled at the broker', words: { state: 'cancelled' } },
  expired: { label: 'expired at the broker', words: { state: 'expired' } },
  rejected: { label: 'rejected at the broker', words: { state: 'rejected' } },
  over: { label: 'filled beyond the size', words: { state: 'filled', filledSize: '150', fillPrice: '151' } },
  found: { label: 'named by the broker', words: { state: 'pending', names: true } },
};

export function offerReports(
  offers: Offers,
  { snapshot }: Moment,
  wanted: { readonly [Name in ReportName]?: 0 | 1 },
): void {
  const { context } = snapshot;
  for (const [name, deviation] of Object.entries(wanted) as [ReportName, 0 | 1][]) {
    const report = reportFact(context, REPORTS[name].words);
    // The engine drops a report that says nothing new.
    if (applyReport(context.order, report) === context.order) continue;
    offers.world(REPORTS[name].label, deviation, (at) => ({ type: 'ORDER_REPORT', at, report }));
  }
}

export const fullAt = ({ snapshot: { context } }: Moment): Dated => {
  const report = reportFact(context, REPORTS.full.words);
  return (at) => ({ type: 'ORDER_REPORT', at, report });
};

export function offerOversleptFills(offers: Offers, moment: Moment): void {
  const { context } = moment.snapshot;
  if (context.firstSubmitAt === undefined) return;
  for (const afterMs of [1_000, 3_000]) offers.asleep('filled', fullAt(moment), hardTimeoutAt(context) + afterMs);
}

/** An answer to a submit call that was given up. */
export function offerLateAnswer(offers: Offers, { host }: Moment, deviation: Deviation = 1): void {
  if (host.submitIsLate || host.open.includes('submit')) offers.world('accepted at last', deviation, accepted);
}

type Setting = readonly [KillSwitchType, KillSwitchState];

/** At most one switch a path, but for a second while cancelling. */
export function offerSwitches(offers: Offers, moment: Moment, ...settings: readonly Setting[]): void {
  if (moment.host.switches.length > 0) return;
  for (const setting of settings) offerSwitch(offers, moment, setting);
}

export function offerSwitch(offers: Offers, { host }: Moment, [switchType, state]: Setting, at?: number): void {
  if (host.switches.some((known) => known.switchType === switchType)) return;
  const effective = host.switches.some((known) => known.state === 'ACTIVE') ? 'ACTIVE' : state;
  const fact: Dated = (when) => ({ type: 'KILL_SWITCH', at: when, switchType, state, effective });
  offers.world(`${switchType} ${state}`, 1, fact, at);
}

export const recoveredAfter =
  ({ host }: Moment): Dated =>
  (at) => ({ type: 'RECOVERED', at, intentAt: host.now });

/** The process ends and comes back: at once, or when T has reached `downUntil`. */
export function offerRestart(offers: Offers, moment: Moment, ...downUntil: readonly number[]): void {
  const { host, snapshot } = moment;
  if (host.restarts > 0) return;
  const recovered = recoveredAfter(moment);
  offers.world('restart', 1, recovered);
  const { firstSubmitAt } = snapshot.context;
  if (firstSubmitAt === undefined) return;
  for (const t of downUntil) offers.asleep(`restart at T = ${t / 1_000} s`, recovered, firstSubmitAt + t);
}
