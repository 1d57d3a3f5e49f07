/**
 * What went wrong for others, case by case: why each conformance case is there.
 *
 * 1. One sentence a case, in our own words. A number behind a project's name is its public issue or pull request; without
 *    one the sentence rests on the venue's documents or on a measurement of ours.
 */
export const INCIDENTS: Readonly<Record<string, string>> = {
  'BC-01': 'After a read timeout the program ordered again, and the account sold twice (catalyst #315).',
  'BC-02': 'KuCoin took an order and the library returned no order id, so it could not be looked up (ccxt #9581).',
  'BC-03': "A refusal for good, Alpaca's 403, comes out of ccxt as a network error, which invites another try.",
  'BC-04':
    'Binance refused 0.04749053 with LOT_SIZE, since the size was no multiple of the lot (binance-java-api #331).',
  'BC-05': 'Binance sends order ids above 2^53: read as numbers they end in other digits, and name another order.',
  'BC-06': 'A submit call timed out, the order went through, and nobody had an id to ask for it by (ccxt #2599).',
  'BC-07':
    'FIX venues answer a query of an unknown order with OrdStatus Rejected: taken as news of the order, it ends one that fills later.',
  'BC-08': 'Filled orders came back with an average price of 0, from which no stop-loss follows (lumibot #436).',
  'BC-09': 'The stop-loss was sized for the first 100, and the order went on to fill 200 (crypto-trading-bot #84).',
  'BC-10': 'Fill reports that came twice or out of order were taken as new (nautilus_trader #3317, #3958).',
  'BC-11': 'A price of 0.00000039 was sent as 3.9e-07, and the exchange misread it (ccxt #122).',
  'BC-12': 'The list of orders held a cancelled order twice, once of them as open (ccxt #27917).',
  'BC-13': 'An order stayed in pending_cancel: the cancel was taken, and never carried out (alpaca-py #400).',
  'BC-14':
    'HTTP 504 leaves a submit call open and gives no broker id, so only our own id can cancel it (binance-java-api #55).',
  'BC-15':
    'Alpaca answers 422 to the cancel of a closed order; it was raised as an error although all was well (trading-signals #1079).',
  'BC-16':
    'A fill won against the cancel; the bot read the refusal as "never placed", and bought again (passivbot #514).',
  'BC-17':
    'Alpaca answered 204 to a cancel that could do nothing (user-docs #150): believed, it ends the watch too early.',
  'BC-18':
    'The entry was cancelled after 41 of 236 had filled, and that part is a position like any other (freqtrade #10966).',
  'BC-19': 'Alpaca pairs exits for equities only: an adapter that claims it for coins leaves them without a stop-loss.',
  'BC-20':
    'A stop price finer than the tick was refused as sub-penny, after the entry had filled (alpaca-trade-api-go #260).',
  'BC-21': 'Binance answers a delisted symbol with -1121; read as an outage, it is tried again for nothing.',
  'BC-22': 'Bybit lists a flat position as a row of size 0: taken for an open one, it is a phantom.',
  'BC-23': 'The position endpoint lagged behind the fill, and the new position was missing (nautilus_trader #3493).',
  'BC-24': 'A short was booked as a long, so that every further sale seemed to lower the risk (Vibe-Trading #1209).',
  'BC-25':
    'The account kept one ticket a trade, the adapter took it to net, and a close opened a second position (roboquant #104).',
  'BC-26':
    'Conditional orders did not show in the query, so the program placed its stop-loss three times (OpenAlice #91).',
  'BC-27':
    'A watchdog that did not see its own stop-loss sent another until the exchange refused more (crypto-trading-bot #10).',
  'BC-28': 'A new position got no stop-loss, because the stop of another one was taken for its own (ib_nope #48).',
  'BC-29':
    'In a dry run a stop-loss beyond the market filled as it was placed, every five seconds anew (freqtrade #12824).',
  'BC-30': 'A stop-loss was placed after its position had closed, and stayed in the market (freqtrade #12528).',
  'BC-31': 'A body that stalled held a call for 301 s, ten times the life of an order (measured with ccxt).',
  'BC-32':
    'The order had filled, the list of open orders was empty, and that was read as "never created" (ccxt #1880).',
  'BC-33': 'An HTTP client repeated failed orders 20 times or for ever, wanted or not (trading-signals #1178).',
  'BC-34':
    'A WebSocket that could not connect rejected a promise nobody heard, and Node.js ended (binance-api-node #44).',
  'BC-35':
    'The order stream left the client id empty, so no fill could be matched to its order (coinex_exchange_api #101).',
  'BC-36':
    'Fills of a short disconnection were dropped, and never asked for afterwards (Lean.Brokerages.InteractiveBrokers #249).',
  'BC-37': 'Closing the exchange rejected what was still waiting on it, and that ended the process (ccxt #29321).',
  'BC-38': 'A library with three retries of its own sent one order four times (ccxt, maxRetriesOnFailure).',
  'BC-39': 'The average price of exits was told as 88.15, and the broker had filled them at 88.08 (openalgo #1987).',
  'BC-40': 'The side of a position was read from a field that says "both", so that shorts were lost (ccxt #21526).',
  'BC-41': 'More was sold than was held, and a position nobody wanted stood at minus 2,478 shares (Alpaca-API #86).',
  'BC-42': 'Stop orders for eight contracts stood against a position of four (NinjaTrader8 #47).',
  'BC-43':
    'Two exits that do not cancel each other sell twice when the market visits both prices (node-binance-api #195).',
  'BC-44':
    'Stop-loss and take-profit were built for longs, and those of shorts needed a change of their own (trade-executor #566).',
  'BC-45':
    'A call was cut by a 504 after the order was taken: five tries could make five orders (reya-python-sdk #55).',
  'BC-46':
    'Interactive Brokers cancelled a purchase three days after it ("TradeCancel"), and the position was gone (ib-edavki #55).',
  'BC-47': 'A corrected execution was added to the one that it replaces (ib_insync #364).',
  'BC-48':
    'The stream dropped reports of orders that were over, and they stayed open in the program (Lean.Brokerages.TradeStation #95).',
  'BC-49':
    'The stop-loss would have triggered at once, was refused, and the position stood without one (freqtrade #1557).',
  'BC-50': 'The exit ignored a fee in the coin, sold more than was there, and left a short (trading-gpt #95).',
  'BC-51': 'One coin was bought less its fee, and the stop-loss for a whole one was refused (binance-oco #2).',
  'BC-52': 'Polling used up the rate limit, and even the cancel was answered 429 (zenbot #862).',
};
