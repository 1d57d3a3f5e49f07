/**
 * What the limits count over time (G1, G3): submit calls of the last 60 s, and what the exits of the day realised.
 *
 * 1. A fold of the audit log: a restart that reads the journal counts on where the last process stopped.
 * 2. Memory is bounded by a minute of submit calls and by the symbols of one day.
 */
import type { AuditEntry, AuditEvent } from '../domain/audit.js';
import { add, type Decimal, isNegative, negate, parseVenueDecimal, ZERO } from '../domain/decimal.js';
import { symbolKey } from '../domain/kill-switch.js';

export interface RiskCounters {
  /** Audit lines as they are recorded; `at` is engine time. */
  heed(audit: readonly AuditEntry[], at: number): void;
  /** Submit calls of the last 60 s, of all symbols or of those named. */
  submits(now: number, names?: ReadonlySet<string>): number;
  /** Realised loss of the day (UTC), of all symbols or of those named: 0 or more. */
  loss(now: number, names?: ReadonlySet<string>): Decimal;
  /** When an exit of the symbol last filled with a loss, on the day of `now`; without a symbol, of any. */
  lastLossAt(now: number, symbol?: string): number | undefined;
  /** Symbols with an exit that filled with a loss, on the day of `now`. */
  losers(now: number): readonly string[];
  state(): RiskCountersState;
  restore(state: RiskCountersState): void;
}

export interface RiskCountersState {
  readonly submits: readonly { readonly at: number; readonly key: string }[];
  readonly day?: number;
  readonly ofDay: Readonly<Record<string, Readonly<OfDay>>>;
}

/** What realises profit or loss, or takes it back. */
const REALISING: readonly AuditEvent[] = ['exit_filled', 'fill_busted', 'fill_corrected'];

/** The line tells realised profit or loss. */
export const realises = ({ event, details }: AuditEntry): boolean =>
  REALISING.includes(event) && details['realisedPnl'] !== undefined;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const dayOf = (at: number): number => Math.floor(at / DAY_MS);

interface OfDay {
  realised: Decimal;
  lastLossAt?: number;
  readonly symbol: string;
}

export function riskCounters(): RiskCounters {
  const submits: { readonly at: number; readonly key: string }[] = [];
  let day = Number.NEGATIVE_INFINITY;
  const ofDay = new Map<string, OfDay>();

  function prune(now: number): void {
    const [oldest] = submits;
    if (oldest !== undefined && now - oldest.at >= MINUTE_MS) {
      const recent = submits.findIndex(({ at }) => now - at < MINUTE_MS);
      submits.splice(0, recent < 0 ? submits.length : recent);
    }
    if (dayOf(now) <= day) return;
    day = dayOf(now);
    ofDay.clear();
  }

  function addFill(symbol: string, { realisedPnl, entryPrice }: AuditEntry['details'], at: number): void {
    const realised = parseVenueDecimal(realisedPnl);
    // Without the price of the entry nothing is known of the profit.
    if (realised === undefined || parseVenueDecimal(entryPrice) === ZERO || dayOf(at) < day) return;
    const known = ofDay.get(symbolKey(symbol)) ?? { realised: ZERO, symbol };
    known.realised = add(known.realised, realised);
    if (isNegative(realised)) known.lastLossAt = at;
    ofDay.set(symbolKey(symbol), known);
  }

  const entries = (now: number, names?: ReadonlySet<string>): OfDay[] => {
    prune(now);
    return [...ofDay].filter(([key]) => names?.has(key) ?? true).map(([, known]) => known);
  };

  return {
    heed(audit, at) {
      prune(at);
      for (const line of audit) {
        const { event, details } = line;
        const symbol = details['symbol'];
        if (typeof symbol !== 'string') continue;
        if (event === 'order_submitted') submits.push({ at, key: symbolKey(symbol) });
        else if (realises(line)) addFill(symbol, details, at);
      }
    },
    submits(now, names) {
      prune(now);
      return names === undefined ? submits.length : submits.filter(({ key }) => names.has(key)).length;
    },
    loss(now, names) {
      const realised = entries(now, names).reduce((total, known) => add(total, known.realised), ZERO);
      return isNegative(realised) ? negate(realised) : ZERO;
    },
    lastLossAt(now, symbol) {
      const names = symbol === undefined ? undefined : new Set([symbolKey(symbol)]);
      const times = entries(now, names).flatMap(({ lastLossAt }) => lastLossAt ?? []);
      return times.length === 0 ? undefined : Math.max(...times);
    },
    losers: (now) =>
      entries(now)
        .filter(({ lastLossAt }) => lastLossAt !== undefined)
        .map(({ symbol }) => symbol),
    state: () => ({
      submits: [...submits],
      ...(Number.isFinite(day) && { day }),
      ofDay: Object.fromEntries([...ofDay].map(([key, known]) => [key, { ...known }])),
    }),
    restore(state) {
      submits.push(...state.submits);
      day = state.day ?? day;
      for (const [key, known] of Object.entries(state.ofDay)) ofDay.set(key, { ...known });
    },
  };
}
