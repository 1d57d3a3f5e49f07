/**
 * The operator's limits and the host program's veto, at the last look (V11, G1–G3).
 *
 * 1. The host program is asked first; then nothing foreign runs until the submit call is made (E6).
 * 2. Limits are judged in the turn of the call, on what is counted then: no two orders see the same free room.
 * 3. A bound that is reached sets `RISK_LIMIT` ACTIVE; only a person releases it.
 */

import type { EngineTime } from '../actors/engine-time.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import type { ProtectionHost } from '../actors/protection-host.js';
import type { AuditEntry } from '../domain/audit.js';
import { absolute, add, type Decimal, decimal, multiply, sum } from '../domain/decimal.js';
import { type Aliases, symbolKey } from '../domain/kill-switch.js';
import { boundedText, causeOf } from '../domain/reading.js';
import {
  hasReached,
  type LimitName,
  type LimitOptions,
  limitRefusal,
  namesOf,
  needsQuote,
  ownBounds,
  type RiskFigures,
  type RiskLimits,
  valuationPrice,
} from '../domain/risk-limits.js';
import { type FrozenSnapshot, show } from '../domain/snapshot.js';
import { epochMs, isoTime } from '../domain/time.js';
import type { Refusal } from '../domain/validation.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { type ExecutionSnapshot, isOrderLive } from '../machines/execution.state.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import { heldBy } from './holdings.js';
import { type RiskCounters, realises } from './risk-counters.js';
import type { Switchboard } from './switchboard.js';

/**
 * What the host program is told beside the snapshot. Figures are without the order in question.
 * @public @since 0.1.0
 */
export interface PreTradeContext {
  /** Number of the submit call that is about to be made, from 1. */
  readonly attempt: number;
  /** What a market order would have met when the broker was asked; absent where no limit needs it. */
  readonly marketPrice?: string;
  /** Executions of the symbol between their first submit call and their result. */
  readonly liveExecutions: number;
  /** Submit calls of the last 60 s, in all symbols. */
  readonly submitsLastMinute: number;
  /** Value of what is held or may be filled yet; absent when something in it has no price. */
  readonly openNotional?: string;
  /** Realised loss of the day (UTC), 0 or more. */
  readonly dailyLoss: string;
}

/**
 * Asked before each submit call, in its turn: a reason refuses, `undefined` agrees. One that throws refuses.
 * @public @since 0.1.0
 */
export type PreTrade = (snapshot: FrozenSnapshot, context: PreTradeContext) => string | undefined;

/** An execution, or a position, as the limits count it. */
export interface OpenRisk {
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Its value; `undefined` when something in it has no price. */
  notional(): Decimal | undefined;
}

/** The order in question. */
export type RiskOrder = Pick<ExecutionContext, 'clientOrderId' | 'snapshot' | 'marketPrice' | 'attempts'>;

/** What is counted, without the order in question. */
export type RiskCounted = Omit<PreTradeContext, 'attempt' | 'marketPrice'>;

export interface RiskGateParts {
  readonly limits: RiskLimits;
  readonly preTrade: PreTrade | undefined;
  /** Other notations of a symbol, where the broker tells them (K9). */
  readonly aliases: Aliases | undefined;
  readonly time: EngineTime;
  readonly board: Pick<Switchboard, 'haltRisk' | 'riskChangedAt'>;
  /** Executions between their first submit call and their result. */
  readonly live: () => readonly OpenRisk[];
  /** Positions that are not known to be closed. */
  readonly positions: () => readonly OpenRisk[];
  /** Fed with all that is recorded, in its turn. */
  readonly counters: RiskCounters;
}

export interface RiskGate {
  /** Asks the host program now. What is returned judges the limits, and is called in the turn of the submit call. */
  lookAt(order: RiskOrder): () => Refusal | undefined;
  /** What the host program is told, now. */
  counted(order: RiskOrder): RiskCounted;
  /** The submit call was made, in this turn. */
  submitted(symbol: string): void;
  /** Audit lines of exits, in the turn in which they are recorded: counted already. */
  heed(audit: readonly AuditEntry[]): void;
  /** After the recovery: a loss that was recorded, and its switch not, has its switch now. */
  open(): void;
  /** Whether the market price is asked for before an order in the symbol, where the adapter tells it. */
  needsQuote(symbol: string): boolean;
}

export function riskGate(parts: RiskGateParts): RiskGate {
  const { limits, preTrade, aliases, time, board, live, positions, counters } = parts;

  const names = (symbol: string): ReadonlySet<string> => namesOf(symbol, aliases?.(symbol));

  const within = (names?: ReadonlySet<string>) => (risk: OpenRisk) => names?.has(symbolKey(risk.symbol)) ?? true;

  const others = ({ clientOrderId }: RiskOrder, names?: ReadonlySet<string>): OpenRisk[] =>
    live().filter((risk) => risk.clientOrderId !== clientOrderId && within(names)(risk));

  function openNotional(order: RiskOrder, names?: ReadonlySet<string>): Decimal | undefined {
    const values = [...others(order, names), ...positions().filter(within(names))].map((risk) => risk.notional());
    const known = values.filter((value) => value !== undefined);
    return known.length < values.length ? undefined : sum(known);
  }

  const figuresOf = (order: RiskOrder, known: ReadonlySet<string>): RiskFigures => ({
    liveExecutions: () => others(order, known).length,
    submitsLastMinute: (part) => counters.submits(time(), part === undefined ? undefined : known),
    openNotional: (part) => openNotional(order, part === undefined ? undefined : known),
  });

  function counted(order: RiskOrder): RiskCounted {
    const figures = figuresOf(order, names(order.snapshot.symbol));
    const open = figures.openNotional();
    return {
      liveExecutions: figures.liveExecutions(),
      submitsLastMinute: figures.submitsLastMinute(),
      ...(open !== undefined && { openNotional: open }),
      dailyLoss: counters.loss(time()),
    };
  }

  /** Sets the switch, unless it stands for this very limit already (G3). */
  function halt(limit: LimitName, figure: string, symbol: string | undefined): void {
    board.haltRisk(limit, `${limit} ${symbol === undefined ? '' : `of ${symbol} `}is reached: ${figure}.`, symbol);
  }

  function judgeSubmits(symbol: string): void {
    const said = (count: number) => `${count} submit calls within 60 s`;
    const check = (count: number, bound: Decimal | undefined, target?: string) => {
      if (hasReached(decimal(count), bound))
        halt('maxSubmitsPerMinute', `${said(count)}, the bound is ${bound}`, target);
    };
    check(counters.submits(time()), limits.all.maxSubmitsPerMinute);
    const known = names(symbol);
    check(counters.submits(time(), known), ownBounds(limits, known).maxSubmitsPerMinute, symbol);
  }

  /** The total with `undefined`, else what the symbol has lost. */
  function judgeLoss(symbol: string | undefined): void {
    const known = symbol === undefined ? undefined : names(symbol);
    const bound = (known === undefined ? limits.all : ownBounds(limits, known)).maxDailyLoss;
    const loss = counters.loss(time(), known);
    if (!hasReached(loss, bound)) return;
    const day = isoTime(time()).slice(0, 10);
    halt('maxDailyLoss', `the realised loss of ${day} (UTC) is ${loss}, the bound is ${bound}`, symbol);
  }

  return {
    counted,
    lookAt(order) {
      const { snapshot, marketPrice } = order;
      const known = names(snapshot.symbol);
      const figures = figuresOf(order, known);
      const vetoed = preTrade === undefined ? undefined : vetoBy(preTrade, order, () => counted(order));
      return () => limitRefusal(limits, { snapshot, marketPrice, names: known }, figures) ?? vetoed;
    },
    submitted: judgeSubmits,
    heed(audit) {
      for (const line of audit) {
        const { details } = line;
        if (!realises(line) || !String(details['realisedPnl']).startsWith('-')) continue;
        judgeLoss(undefined);
        judgeLoss(String(details['symbol']));
      }
    },
    open() {
      for (const symbol of [undefined, ...counters.losers(time())]) {
        const lostAt = counters.lastLossAt(time(), symbol);
        const saidAt = board.riskChangedAt(symbol);
        if (lostAt !== undefined && (saidAt === undefined || epochMs(saidAt) < lostAt)) judgeLoss(symbol);
      }
    },
    needsQuote: (symbol) => needsQuote(limits, names(symbol)),
  };
}

/** What is filled at its price, what is open at the higher of reference price and market price. */
export function notionalOfLive(snapshot: ExecutionSnapshot): Decimal {
  const { order, snapshot: advisory, marketPrice } = snapshot.context;
  const planned = valuationPrice(advisory.referencePrice, marketPrice);
  const filled = multiply(order.cumQty, order.avgPrice ?? planned);
  return isOrderLive(snapshot) ? add(filled, multiply(order.leavesQty, planned)) : filled;
}

export const notionalOfHeld = (context: ProtectionContext): Decimal | undefined =>
  context.entryPrice === undefined ? undefined : multiply(absolute(heldBy(context)), context.entryPrice);

/** Executions of this process, from their first submit call on. */
export const riskOfLive = (hosts: Iterable<ExecutionHost>): OpenRisk[] =>
  [...hosts]
    .filter(({ context }) => context.firstSubmitAt !== undefined)
    .map((host) => ({
      clientOrderId: host.context.clientOrderId,
      symbol: host.context.snapshot.symbol,
      notional: () => notionalOfLive(host.snapshot),
    }));

export const riskOfHeld = (hosts: readonly Pick<ProtectionHost, 'context'>[]): OpenRisk[] =>
  hosts.map(({ context }) => ({
    clientOrderId: context.clientOrderId,
    symbol: context.symbol,
    notional: () => notionalOfHeld(context),
  }));

/** Asks the host program, which may do anything. */
export function vetoBy(preTrade: PreTrade, order: RiskOrder, counted: () => RiskCounted): Refusal | undefined {
  const { attempts, marketPrice, snapshot } = order;
  try {
    const known = { attempt: attempts.length + 1, ...(marketPrice !== undefined && { marketPrice }) };
    const told: PreTradeContext = Object.freeze({ ...known, ...counted() });
    return vetoOf(preTrade(snapshot, told));
  } catch (error) {
    return veto(`preTrade threw: ${causeOf(error)}`);
  }
}

const veto = (message: string): Refusal => ({ rule: 'V11', code: 'PRE_TRADE_VETO', message });

/** `undefined` agrees; whatever else it returns refuses, a promise too: it cannot be waited for. */
function vetoOf(said: unknown): Refusal | undefined {
  if (said === undefined) return undefined;
  if (typeof said === 'string') return veto(`preTrade refuses: ${boundedText(said)}`);
  // An answer that is never looked at must not end the process.
  void Promise.resolve(said).catch(() => undefined);
  return veto(`preTrade returned ${show(said)}; accepted is a reason, or undefined, in the same turn.`);
}

/** What `createEngine` takes of it. */
export interface RiskOptions {
  /** Limits before each order, for all symbols and by symbol (G1); none by default. */
  readonly limits?: LimitOptions | undefined;
  /** The host program's veto, asked before each submit call (G2); none by default. It must not wait for anything. */
  readonly preTrade?: PreTrade | undefined;
}
