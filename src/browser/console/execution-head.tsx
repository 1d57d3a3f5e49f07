/**
 * The head of the execution that is looked at: what it is, where it stands, how much time is left.
 */
import { shortDecimal } from '../../charts/interactive/short-decimal.js';
import type { Execution } from '../../service/api/executions.js';
import { Crumbs } from '../chart/chart-view.js';
import { stateAt } from '../chart/lit.js';
import { countdown } from './countdown.js';
import { toneOf } from './execution-list.js';
import { GuardedButton } from './guarded-button.js';
import { count, follows, goLive, life } from './selection.js';
import { now, tick } from './store.js';
import { engaging } from './switch-dialogs.js';

export function ExecutionHead({ one }: { readonly one: Execution }) {
  const { symbol, side, positionSize, advisoryId, account, result } = one;
  const shown = life.value;
  return (
    <section class="panel execution-head" aria-label={`Execution ${advisoryId}`}>
      <div class="head-left">
        <div class="head-name">
          <h2>
            {symbol} <span class={`side ${side}`}>{side.toUpperCase()}</span> {positionSize}
          </h2>
          <span class="mono quiet">
            {advisoryId} · {account}
          </span>
        </div>
        <div class="head-place">
          <Crumbs
            state={shown === undefined || shown.chart !== 'execution' ? one.state : stateAt(shown, count.value)}
            label="Active state"
          />
          {follows.value ? null : (
            <button type="button" class="tag warn replay-tag" onClick={goLive}>
              replay · back to {result === undefined ? 'live' : 'the end'}
            </button>
          )}
        </div>
      </div>
      <dl class="head-figures">
        {result === undefined ? null : (
          <div>
            <dt>result</dt>
            <dd>
              <span class={`tag ${toneOf(one)}`}>{result.status}</span>
            </dd>
          </div>
        )}
        <InState one={one} />
        <div>
          <dt>filled</dt>
          <dd>
            {one.cumQty}/{positionSize}
            {one.avgPrice === undefined ? '' : <span title={one.avgPrice}> @ {shortDecimal(one.avgPrice)}</span>}
          </dd>
        </div>
        <CountdownFigure one={one} />
      </dl>
      {result === undefined ? (
        <GuardedButton
          needs="trader"
          class="button danger"
          onClick={() => {
            engaging.value = { type: 'SYMBOL_LEVEL', target: symbol };
          }}
        >
          Stop {symbol} …
        </GuardedButton>
      ) : null}
    </section>
  );
}

function InState({ one }: { readonly one: Execution }) {
  void tick.value;
  const wall = life.value?.steps.at(-1)?.wall;
  if (one.result !== undefined)
    return (
      <div>
        <dt>took</dt>
        <dd>{one.result.totalDurationSeconds.toFixed(1)} s</dd>
      </div>
    );
  if (wall === undefined) return null;
  return (
    <div>
      <dt>since last fact</dt>
      <dd>{Math.max(0, (now() - Date.parse(wall)) / 1_000).toFixed(1)} s</dd>
    </div>
  );
}

function CountdownFigure({ one }: { readonly one: Execution }) {
  void tick.value;
  const left = countdown(one, now());
  if (left === undefined) return null;
  return (
    <div class={`countdown ${left.tone}`}>
      <dt>{left.label}</dt>
      <dd>
        {(left.leftMs / 1_000).toFixed(1)} s
        <span class="track" aria-hidden="true">
          <span style={{ width: `${left.share * 100}%` }} />
          <i />
        </span>
      </dd>
    </div>
  );
}
