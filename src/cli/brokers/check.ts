/**
 * Asks a broker everything that can be asked without placing anything.
 *
 * 1. Only `connect`, `describe`, `instrument`, `getPositions`, `getOpenOrders` and `close` are called.
 * 2. One deadline covers all of it; an adapter that ignores its signal is left behind.
 * 3. Without a connection nothing more is asked. Otherwise one answer that fails does not keep the others from being asked for.
 */

import { BrokerRefusal } from '../../domain/broker-refusal.js';
import type { BrokerAdapter, BrokerCapabilities, BrokerDescription, Clock, Instrument } from '../../domain/ports.js';
import { causeOf } from '../../domain/reading.js';
import { FillchartError } from '../../domain/reasons.js';

export type CheckVerdict = 'ok' | 'unreachable' | 'refused';

interface CheckProblem {
  /** What was asked: `connect`, `describe`, `instrument AAPL`, `positions`, `open orders`. */
  readonly step: string;
  readonly kind: Exclude<CheckVerdict, 'ok'>;
  readonly message: string;
}

export interface BrokerCheck {
  /** A broker that says no is there: `refused` goes before `unreachable`. */
  readonly verdict: CheckVerdict;
  readonly capabilities: BrokerCapabilities;
  /** How long connecting took, in ms; absent when it failed. */
  readonly connectMs?: number;
  readonly description?: BrokerDescription;
  /** Those that were answered. */
  readonly instruments: readonly Instrument[];
  /** How many there are; absent where the broker does not tell. */
  readonly positions?: number;
  readonly openOrders?: number;
  readonly problems: readonly CheckProblem[];
}

interface CheckRequest {
  readonly broker: BrokerAdapter;
  readonly symbols: readonly string[];
  readonly clock: Clock;
  readonly deadlineMs: number;
}

/** Longest wait for `close`, in ms. */
const CLOSE_MS = 3_000;

export async function checkBroker({ broker, symbols, clock, deadlineMs }: CheckRequest): Promise<BrokerCheck> {
  const end = clock.monotonic() + deadlineMs;
  const problems: CheckProblem[] = [];
  const left = (): number => end - clock.monotonic();

  async function ask<T>(step: string, call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await withDeadline(clock, left(), call);
    } catch (error) {
      // What is missing on this machine is not the broker's fault.
      if (error instanceof FillchartError && error.code === 'INVALID_OPTION') throw error;
      problems.push({
        step,
        kind: error instanceof BrokerRefusal ? 'refused' : 'unreachable',
        message: causeOf(error),
      });
      return undefined;
    }
  }

  async function instrument(symbol: string): Promise<readonly Instrument[]> {
    const rules = await ask(`instrument ${symbol}`, (signal) => broker.instrument(symbol, signal));
    if (rules !== 'unknown_symbol') return rules === undefined ? [] : [rules];
    problems.push({ step: `instrument ${symbol}`, kind: 'refused', message: `the broker does not know ${symbol}` });
    return [];
  }

  try {
    const startedAt = clock.monotonic();
    await ask('connect', async (signal) => broker.connect?.(signal));
    if (problems.length > 0) return { ...resultOf(broker, problems), instruments: [] };
    const connectMs = Math.round(clock.monotonic() - startedAt);
    const instruments: Instrument[] = [];
    for (const symbol of symbols) instruments.push(...(await instrument(symbol)));
    const counted = await countWhatIsThere(broker, ask);
    // Last, so that it tells what is left of the rate limit after all that.
    const description = await ask('describe', async (signal) => broker.describe?.(signal));
    return {
      ...resultOf(broker, problems),
      connectMs,
      instruments,
      ...counted,
      ...(description !== undefined && { description }),
    };
  } finally {
    await withDeadline(clock, CLOSE_MS, async () => broker.close?.()).catch(() => undefined);
  }
}

type Ask = <T>(step: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

async function countWhatIsThere(
  broker: BrokerAdapter,
  ask: Ask,
): Promise<Pick<BrokerCheck, 'positions' | 'openOrders'>> {
  const tellsPositions = broker.capabilities.positions !== 'none';
  const positions = tellsPositions ? await ask('positions', (signal) => broker.getPositions([], signal)) : undefined;
  const openOrders = await ask('open orders', async (signal) => broker.getOpenOrders?.(signal));
  return {
    ...(positions !== undefined && { positions: positions.length }),
    ...(openOrders !== undefined && { openOrders: openOrders.length }),
  };
}

function resultOf(
  { capabilities }: BrokerAdapter,
  problems: readonly CheckProblem[],
): Pick<BrokerCheck, 'verdict' | 'capabilities' | 'problems'> {
  const kinds = problems.map(({ kind }) => kind);
  const verdict = kinds.includes('refused') ? 'refused' : kinds.includes('unreachable') ? 'unreachable' : 'ok';
  return { verdict, capabilities, problems };
}

/** @throws {Error} when there is no answer in time, and what the call itself throws */
function withDeadline<T>(clock: Clock, ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const answer = new Promise<T>((resolve) => resolve(call(controller.signal)));
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => {
        reject(new Error('no answer in time'));
        controller.abort();
      },
      Math.max(0, ms),
    );
    answer.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}
