/**
 * The result of an execution, the position that it left, and its exits.
 */

import type { Static } from '@sinclair/typebox';
import type { Exit, Position } from '../../service/api/controls.js';
import type { Execution } from '../../service/api/executions.js';
import { executionKey } from './state.js';
import { state } from './store.js';

export function ResultView({ one }: { readonly one: Execution }) {
  const position = state.value.positions.get(executionKey(one));
  return (
    <div class="details">
      {one.result === undefined ? <p class="quiet">There is no result yet.</p> : <ResultFacts one={one} />}
      {position === undefined ? null : <PositionFacts position={position} />}
    </div>
  );
}

function ResultFacts({ one }: { readonly one: Execution }) {
  const { result } = one;
  if (result === undefined) return null;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Status', result.status],
    ['Reason', result.reason],
    ['In words', result.errorMessage],
    ['Order', result.finalOrderId],
    ['Fill price', result.finalFillPrice],
    ['Position', result.finalPositionSize],
    ['Stop-loss', result.finalSl],
    ['Take-profit', result.finalTp],
    ['Slippage', result.slippagePct === undefined ? undefined : `${result.slippagePct} % (${result.slippageBps} bp)`],
    ['Not protected', result.unprotectedQuantity],
    ['Duration', `${result.totalDurationSeconds} s`],
    ['Naked window', result.nakedWindowMs === undefined ? undefined : `${result.nakedWindowMs} ms`],
    ['Kill switch', result.killSwitchState],
    ['Reconciliation', result.reconciliationReport?.status],
    ['Tries to submit', String(result.attempts.length)],
  ];
  return (
    <section>
      <h3>Result</h3>
      <Facts rows={rows} />
      {result.reconciliationReport?.mismatches.map(({ message }) => (
        <p class="bad" key={message}>
          ≠ {message}
        </p>
      ))}
    </section>
  );
}

function Facts({ rows }: { readonly rows: readonly (readonly [string, string | undefined])[] }) {
  return (
    <table class="facts">
      <tbody>
        {rows
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="mono">{value}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function PositionFacts({ position }: { readonly position: Position }) {
  const { closed } = position;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['State', position.state],
    ['Open', `${position.openQuantity} of ${position.quantity}`],
    ['Entry', position.entryPrice],
    ['Not protected', position.unprotectedQuantity === '0' ? undefined : position.unprotectedQuantity],
    ['Profit or loss', position.realisedPnl],
    [
      'Closed',
      closed === undefined ? undefined : `${closed.by} ${closed.price ?? ''} at ${closed.at.slice(0, 19)} UTC`,
    ],
  ];
  return (
    <section>
      <h3>
        Position <span class={`tag ${position.isOpen ? '' : 'plain'}`}>{position.isOpen ? 'open' : 'closed'}</span>
      </h3>
      <Facts rows={rows} />
      <h3>Exits</h3>
      <table class="facts">
        <thead>
          <tr>
            <th scope="col">Leg</th>
            <th scope="col">Price</th>
            <th scope="col">Quantity</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          <ExitRow name="Stop-loss" exit={position.stopLoss} />
          <ExitRow name="Take-profit" exit={position.takeProfit} />
        </tbody>
      </table>
    </section>
  );
}

function ExitRow({ name, exit }: { readonly name: string; readonly exit: Static<typeof Exit> | undefined }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="mono">{exit?.price ?? '–'}</td>
      <td class="mono">{exit?.quantity ?? '–'}</td>
      <td>
        {exit === undefined ? (
          <span class="tag bad">none</span>
        ) : (
          <span class={`tag ${exit.state === 'working' ? 'good' : 'plain'}`}>{exit.state}</span>
        )}
      </td>
    </tr>
  );
}
