/**
 * The exits, placed after the fill.
 *
 * 1. Where the exchange has pairs, one request carries both legs, and both share its fate.
 * 2. Elsewhere each leg is an order of its own, the stop-loss first. Where it holds the balance, the take-profit is taken
 *    only if the account holds as much again, and its refusal is told as it is. Where it holds nothing, the exchange
 *    checks nothing either: that is done here (`waiting-exits.ts`), and the pair is watched (`sibling-watch.ts`).
 * 3. A leg that may be there already is looked for before it is sent again. So is every leg of an entry that another
 *    process sent.
 * 4. Exactly what was asked for is protected: what a fee has taken is known before, from the order (B6).
 * 5. A pair that is refused because the market has passed the take-profit is told as such, and the stop-loss then goes
 *    alone when it is asked for (B5).
 */
import { type Decimal, lessThan, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import {
  type LegOutcome,
  type ProtectionOutcome,
  type ProtectionRequest,
  TAKE_PROFIT_PASSED,
} from '../../../domain/ports.js';
import { classifySubmit, lacksBalance } from './classify.js';
import { type Connection, marketOf, nameAtVenue } from './connection.js';
import type { Exits, Request } from './dialect.js';
import { findOrder } from './orders.js';
import type { SentOrders } from './sent-orders.js';
import type { SiblingWatch } from './sibling-watch.js';
import { type Footing, isPassed, readFooting, readLast } from './waiting-exits.js';

type Leg = 'stopLoss' | 'takeProfit';

/** Reads, when it is first asked for, what the exits would find. */
type Ground = () => Promise<Footing>;

interface ExitOrders {
  place(request: ProtectionRequest, signal: AbortSignal): Promise<ProtectionOutcome>;
}

export function exitOrders(connection: Connection, sent: SentOrders, watch: SiblingWatch): ExitOrders {
  const { dialect, wire, settings } = connection;
  const holdsNothing = dialect.waitingExits !== undefined;

  async function place(request: ProtectionRequest, signal: AbortSignal): Promise<ProtectionOutcome> {
    const market = marketOf(connection, request.symbol);
    const { quantity, clientOrderId } = request;
    const leg = (id: string, price: string) => ({ name: connection.ids.toVenue(id), quantity, price });
    const exits: Exits = {
      market,
      side: request.side,
      pair: connection.ids.toVenue(`${clientOrderId}-oco`),
      stopLoss: leg(`${clientOrderId}-sl`, request.stopLoss),
      takeProfit: leg(`${clientOrderId}-tp`, request.takeProfit),
    };
    connection.live.guarded(clientOrderId);
    const ground = once(() => readFooting(connection, request, signal));
    if (request.legs === 'stopLoss') {
      const reason = 'the market has passed the take-profit; the stop-loss goes alone';
      return {
        stopLoss: await oneLeg(request, exits, 'stopLoss', signal, ground),
        takeProfit: { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason },
      };
    }
    if (dialect.exitPair !== undefined) return asPair(request, exits, signal, ground);
    const outcome = await separately(request, exits, signal, ground);
    if (mayStand(outcome.stopLoss) && mayStand(outcome.takeProfit)) watch.watch(request.symbol, clientOrderId);
    return outcome;
  }

  async function asPair(
    request: ProtectionRequest,
    exits: Exits,
    signal: AbortSignal,
    ground: Ground,
  ): Promise<ProtectionOutcome> {
    let ids: { readonly stopLoss?: string; readonly takeProfit?: string } = {};
    const outcome = await sent.once(
      exits.pair,
      async () => {
        const hindered = holdsNothing ? await pairHindrance(request, await ground(), signal) : undefined;
        if (hindered !== undefined) return hindered;
        const placed = await send(request, dialect.exitPair?.(exits), signal);
        if (placed.outcome.kind !== 'accepted') return placed.outcome;
        ids = dialect.legIds?.(placed.data, exits) ?? {};
        // Without both legs in the answer nothing says that they are there: a repeat looks for them.
        if (ids.stopLoss !== undefined && ids.takeProfit !== undefined) return placed.outcome;
        return { kind: 'unknown', cause: 'the exits were accepted, and not both of them shown' };
      },
      lookFirst(request, exits.pair) ? () => lookForPair(request, signal) : undefined,
    );
    const leg = (id: string | undefined): LegOutcome =>
      id === undefined ? outcome : { kind: 'accepted', brokerOrderId: id };
    return { stopLoss: leg(ids.stopLoss), takeProfit: leg(ids.takeProfit) };
  }

  async function separately(
    request: ProtectionRequest,
    exits: Exits,
    signal: AbortSignal,
    ground: Ground,
  ): Promise<ProtectionOutcome> {
    const stopLoss = await oneLeg(request, exits, 'stopLoss', signal, ground);
    const isThere = stopLoss.kind === 'accepted' || stopLoss.kind === 'duplicate';
    const isRefused = stopLoss.kind === 'rejected' && stopLoss.transient !== true;
    if (!isThere && !isRefused) {
      return { stopLoss, takeProfit: { kind: 'not_sent', reason: 'the stop-loss comes first' } };
    }
    return { stopLoss, takeProfit: await oneLeg(request, exits, 'takeProfit', signal, ground, isThere) };
  }

  function oneLeg(
    request: ProtectionRequest,
    exits: Exits,
    leg: Leg,
    signal: AbortSignal,
    ground: Ground,
    isAfterStop = false,
  ): Promise<LegOutcome> {
    const { name } = exits[leg];
    // The exchange itself finds out what a stop-loss lacks, where it holds the balance; no read comes before it then.
    const mustCheck = holdsNothing || (leg === 'takeProfit' && dialect.exitPair === undefined);
    const isSecond = isAfterStop && !holdsNothing;
    return sent.once(
      name,
      async () => {
        const hindered = mustCheck ? await hindrance(request, leg, await ground(), signal) : undefined;
        if (hindered !== undefined) return hindered;
        const { outcome, isShort } = await send(request, dialect.exit(exits, leg), signal);
        if (!isSecond || !isShort || outcome.kind !== 'rejected') return outcome;
        // The stop-loss stands, so the balance has come: it is the stop-loss that holds it.
        const { code, reason } = outcome;
        return { kind: 'rejected', code, reason: `${reason} (the stop-loss holds the balance)` };
      },
      lookFirst(request, name) ? () => lookFor(request, leg, signal) : undefined,
    );
  }

  /** The stop-loss decides: a take-profit that is passed is the pair's fate only where the stop-loss could stand. */
  async function pairHindrance(
    request: ProtectionRequest,
    footing: Footing,
    signal: AbortSignal,
  ): Promise<LegOutcome | undefined> {
    const ofStop = await hindrance(request, 'stopLoss', footing, signal);
    return (
      ofStop ??
      (isPassed(footing.last, request, 'takeProfit') ? hindrance(request, 'takeProfit', footing, signal) : undefined)
    );
  }

  /** What the exchange would find out only when the exit triggers, and then drop it. */
  async function hindrance(
    request: ProtectionRequest,
    leg: Leg,
    footing: Footing,
    signal: AbortSignal,
  ): Promise<LegOutcome | undefined> {
    const { symbol, quantity } = request;
    if (isPassed(footing.last, request, leg)) {
      const reason = `the market, at ${footing.last}, has passed the trigger ${request[leg]}`;
      return { kind: 'rejected', code: leg === 'takeProfit' ? TAKE_PROFIT_PASSED : 'TRIGGER_PASSED', reason };
    }
    const [left, wanted] = [footing.left, parseVenueDecimal(quantity) ?? ZERO];
    if (left === undefined || !lessThan(left, wanted)) return undefined;
    if (!(await hasFilled(request, wanted, signal))) {
      const reason = `${left} of ${wanted} is there; the balance may lag the fill`;
      return { kind: 'rejected', code: 'BALANCE', reason, transient: true };
    }
    const what = `${symbol}: of ${wanted} that the exits sell, ${left} is there`;
    if (leg === 'stopLoss') settings.warn(`${what}; ${settings.exchange} drops an exit that lacks the rest.`);
    return undefined;
  }

  /** Does the exchange say of the entry that it bought so much, whatever the balance shows? */
  async function hasFilled(request: ProtectionRequest, wanted: Decimal, signal: AbortSignal): Promise<boolean> {
    try {
      const entry = nameAtVenue(connection, request.clientOrderId);
      const order = await findOrder(connection, marketOf(connection, request.symbol), entry, signal, 'safety');
      return !lessThan(parseVenueDecimal(order?.filledSize) ?? ZERO, wanted);
    } catch {
      return false;
    }
  }

  async function send(
    request: ProtectionRequest,
    order: Request | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: LegOutcome; readonly isShort: boolean; readonly data?: unknown }> {
    if (order === undefined) throw new Error(`${settings.exchange}: no way to place exits`);
    const exchange = await wire.exchange('safety', signal, order, request.clientOrderId);
    const outcome = classifySubmit(dialect, exchange, 'exit');
    const isShort = lacksBalance(dialect, exchange);
    const said = exchange.kind === 'answer' ? dialect.readAnswer(exchange.status, exchange.body) : undefined;
    const mayBePassed = outcome.kind === 'rejected' && said !== undefined && request.legs !== 'stopLoss';
    const passed = mayBePassed ? (dialect.isProfitPassed?.(said) ?? 'no') : 'no';
    const isProfit = passed === 'yes' || (passed === 'maybe' && (await hasPassedProfit(request, signal)));
    if (outcome.kind === 'rejected' && isProfit) {
      const { transient: _never, ...refusal } = outcome;
      return { outcome: { ...refusal, code: TAKE_PROFIT_PASSED }, isShort };
    }
    return { outcome, isShort, data: said?.data };
  }

  /** The stop-loss may go alone only where the market has not passed it too. */
  async function hasPassedProfit(request: ProtectionRequest, signal: AbortSignal): Promise<boolean> {
    const last = await readLast(connection, marketOf(connection, request.symbol), signal);
    return isPassed(last, request, 'takeProfit') && !isPassed(last, request, 'stopLoss');
  }

  /** Must it be looked for before it is sent? */
  const lookFirst = ({ clientOrderId }: ProtectionRequest, name: string): boolean =>
    sent.knows(name) || !sent.knows(connection.ids.toVenue(clientOrderId));

  /** The state of a leg at the exchange; `undefined` when it has the exchange's word that there is none. */
  async function stateOf(request: ProtectionRequest, leg: Leg, signal: AbortSignal): Promise<string | undefined> {
    const id = `${request.clientOrderId}-${leg === 'stopLoss' ? 'sl' : 'tp'}`;
    const found = await findOrder(
      connection,
      marketOf(connection, request.symbol),
      nameAtVenue(connection, id),
      signal,
      'safety',
    );
    return found?.state;
  }

  const lookFor = (request: ProtectionRequest, leg: Leg, signal: AbortSignal): Promise<LegOutcome | 'absent'> =>
    judged(async () => [await stateOf(request, leg, signal)]);

  const lookForPair = (request: ProtectionRequest, signal: AbortSignal): Promise<LegOutcome | 'absent'> =>
    judged(async () => [await stateOf(request, 'stopLoss', signal), await stateOf(request, 'takeProfit', signal)]);

  return { place };
}

const mayStand = ({ kind }: LegOutcome): boolean => kind === 'accepted' || kind === 'duplicate' || kind === 'unknown';

/** The first call acts; all others get what became of it. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => {
    outcome ??= act();
    return outcome;
  };
}

const ENDED = ['cancelled', 'rejected', 'expired'];

/** Of exits that may be there already. One that has traded was there; one that ended without a trade protects nothing. */
async function judged(look: () => Promise<readonly (string | undefined)[]>): Promise<LegOutcome | 'absent'> {
  try {
    const states = await look();
    if (states.every((state) => state === undefined)) return 'absent';
    if (states.includes(undefined)) return { kind: 'unknown', cause: 'one of the exits is there, the other is not' };
    const ended = states.find((state) => state !== undefined && ENDED.includes(state));
    if (ended === undefined || states.includes('filled')) return { kind: 'duplicate' };
    return { kind: 'rejected', code: ended.toUpperCase(), reason: `it was there, and is ${ended}` };
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'no answer';
    return { kind: 'unknown', cause: `it may be there already: ${cause}` };
  }
}
