/**
 * A service whose brokers play a little of everything: for the screenshot, for trying the console out, and for its tests.
 *
 * 1. Prices and fills are made up, and written down here; nothing is random.
 */

const fill = (at, quantity, price) => ({ at, quantity, price });

/** What becomes of an order, by symbol; any other is filled at its reference price after a second. */
const SCRIPTS = {
  // Two parts of three come; the rest never does.
  NVDA: { fills: [fill(900, '100', '912.40'), fill(2_400, '80', '912.58')], cancel: 400 },
  // Nothing comes.
  MSFT: { cancel: 400 },
  // The cancel is taken, and nothing more is heard.
  NFLX: { cancel: 'ignore' },
  // Whole, and the position query shows half of it.
  META: { fills: [fill(700, '40', '611.20')], positionShown: '20' },
  // Whole, and the broker's stop-loss is not seen.
  TSLA: { fills: [fill(800, '60', '251.30')], hides: ['sl'] },
  AMD: { submit: { kind: 'rejected', code: 'INSUFFICIENT_FUNDS', reason: 'buying power is 1,204.00' } },
  AAPL: { fills: [fill(1_100, '150', '151.00')] },
  GOOG: { fills: [fill(600, '90', '178.10')], exits: { tp: { hitAt: 1_500 } } },
};

const ADVISORIES = [
  { advisoryId: 'adv-7f25', symbol: 'AMD', positionSize: '90', referencePrice: '140.00' },
  { advisoryId: 'adv-7f26', symbol: 'GOOG', positionSize: '90', referencePrice: '178.00' },
  { advisoryId: 'adv-7f27', symbol: 'AAPL', positionSize: '150', referencePrice: '150.00' },
  { advisoryId: 'adv-7f28', symbol: 'META', positionSize: '40', referencePrice: '610.00' },
  { advisoryId: 'adv-7f2a', symbol: 'TSLA', positionSize: '60', referencePrice: '250.00' },
];
const LIVE = [
  { advisoryId: 'adv-7f30', symbol: 'MSFT', positionSize: '80', referencePrice: '402.00', side: 'sell' },
  { advisoryId: 'adv-7f31', symbol: 'NVDA', positionSize: '300', referencePrice: '912.00' },
];

const advisory = ({ side = 'buy', ...rest }) => ({
  side,
  slOffsetPct: side === 'buy' ? '-0.02' : '0.02',
  tpOffsetPct: side === 'buy' ? '0.03' : '-0.03',
  expirationTimestamp: '2100-01-01T00:00:00Z',
  ...rest,
});

/** @param {string[]} names of the accounts */
export function demoAccounts({ faultBroker, memoryJournal, clock, names = ['paper'], script = () => undefined }) {
  const known = new Map();
  const scriptOf = ({ symbol, quantity }) =>
    script(symbol) ?? SCRIPTS[symbol] ?? { fills: [fill(1_000, quantity, known.get(symbol) ?? '100')] };
  return names.map((name) => ({
    name,
    broker: faultBroker({ clock, tells: true, openOrders: true, script: scriptOf }),
    journal: memoryJournal(),
    onAdvisory: ({ symbol, referencePrice }) => known.set(symbol, referencePrice),
  }));
}

/** Sends advisories that end, then some that do not: those are live when it resolves. */
export async function playDemo(url, headers = {}) {
  const post = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  for (const one of ADVISORIES) await post('/v1/executions?account=paper', advisory(one));
  for (const { advisoryId } of ADVISORIES)
    await fetch(`${url}/v1/executions/${advisoryId}?wait=result&account=paper`, { headers });
  for (const one of LIVE) await post('/v1/executions?account=paper', advisory(one));
  await post('/v1/kill-switches', {
    type: 'SYMBOL_LEVEL',
    target: 'INTC',
    state: 'ACTIVE',
    reason: 'halted',
    by: 'ops',
  });
}
