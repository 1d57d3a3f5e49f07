/**
 * The kill switches that are set, and the ways to set, release and look back.
 */
import type { Switch } from '../../service/api/controls.js';
import { GuardedButton } from './guarded-button.js';
import { switchTitle } from './scope.js';
import { state } from './store.js';
import { engaging, isSettingAny, releasing } from './switch-dialogs.js';
import { openDialog } from './top-bar.js';

export function SwitchesPanel() {
  const { switches, pendingReleases } = state.value.switches;
  // What stops everything stands first.
  const set = switches
    .filter((one) => one.state !== 'OFF')
    .sort((a, b) => Number(b.type === 'GLOBAL') - Number(a.type === 'GLOBAL'));
  const isGlobalSet = set.some(({ type }) => type === 'GLOBAL');
  return (
    <section class="panel switches" aria-label="Kill switches">
      <div class="panel-head">
        <h2>Kill switches</h2>
        <GuardedButton
          needs="trader"
          class="button small"
          onClick={() => {
            engaging.value = { type: 'SYMBOL_LEVEL' };
          }}
        >
          Stop a symbol
        </GuardedButton>
      </div>
      <ul class="scroll switch-list">
        {isGlobalSet ? null : (
          <li class="switch-row">
            <span>
              <b>GLOBAL</b> <span class="tag good">OFF</span>
            </span>
            <GuardedButton
              needs="trader"
              class="button danger small"
              onClick={() => {
                engaging.value = { type: 'GLOBAL' };
              }}
            >
              Engage
            </GuardedButton>
          </li>
        )}
        {set.map((one) => (
          <SwitchRow key={`${one.type} ${one.target ?? ''}`} one={one} />
        ))}
        {pendingReleases.map((one) => (
          <li key={`pending ${one.type}`} class="switch-row">
            <span class="warn">
              {switchTitle(one)}: {one.by} asked for the release; a second person is needed.
            </span>
          </li>
        ))}
      </ul>
      <MoreActions />
    </section>
  );
}

function MoreActions() {
  return (
    <div class="switch-more">
      <GuardedButton
        needs="trader"
        class="link"
        onClick={() => {
          isSettingAny.value = true;
        }}
      >
        Set another switch …
      </GuardedButton>
      <button
        type="button"
        class="link"
        onClick={() => {
          openDialog.value = 'history';
        }}
      >
        History
      </button>
    </div>
  );
}

function SwitchRow({ one }: { readonly one: Switch }) {
  return (
    <li class="switch-row">
      <span>
        <b>{switchTitle(one)}</b> <span class={`tag ${one.state === 'ACTIVE' ? 'bad' : 'warn'}`}>{one.state}</span>
        <br />
        <span class="quiet small-text">
          {one.reason}
          {one.by === undefined ? '' : `, ${one.by}`}, <span class="nowrap">{one.since.slice(11, 19)} UTC</span>
          {one.coversNothingKnown === true ? '. Covers no symbol that is known.' : ''}
        </span>
      </span>
      <GuardedButton
        needs="operator"
        class="button small"
        label={`Release ${switchTitle(one)}`}
        onClick={() => {
          releasing.value = one;
        }}
      >
        Release
      </GuardedButton>
    </li>
  );
}
