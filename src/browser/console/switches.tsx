/**
 * Kill switches: engaging takes one click and a reason; releasing asks who, why, and the scope, typed.
 */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Switch } from '../../service/api/controls.js';
import { post } from './api.js';
import { Dialog, Field, Problem, useSending } from './dialog.js';
import { GuardedButton } from './guarded-button.js';
import { isScopeTyped, scopeSentence, scopeText, switchTitle } from './scope.js';
import { session, state } from './store.js';

interface Engage {
  readonly type: 'GLOBAL' | 'SYMBOL_LEVEL' | 'MANUAL';
  readonly target?: string;
}
export const engaging = signal<Engage | undefined>(undefined);
export const releasing = signal<Switch | undefined>(undefined);

export function SwitchesPanel() {
  const { switches, pendingReleases } = state.value.switches;
  const set = switches.filter((one) => one.state !== 'OFF');
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
    </section>
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
          {one.by === undefined ? '' : `, ${one.by}`}, since {one.since.slice(11, 19)} UTC
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

export function EngageDialog() {
  const engage = engaging.value;
  const [reason, setReason] = useState('');
  const [target, setTarget] = useState(engage?.target ?? '');
  const close = (): void => {
    engaging.value = undefined;
  };
  const { isSending, problem, send } = useSending(close);
  if (engage === undefined) return null;
  const isSymbol = engage.type === 'SYMBOL_LEVEL';
  const isReady = reason.trim() !== '' && (!isSymbol || target.trim() !== '');
  const scope = { type: engage.type, ...(isSymbol && { target: target.trim() || 'the symbol' }) };
  return (
    <Dialog title={isSymbol ? 'Stop a symbol' : `Engage ${engage.type} kill switch`} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = {
            type: engage.type,
            state: 'ACTIVE',
            reason: reason.trim(),
            ...(isSymbol && { target: target.trim() }),
          };
          if (isReady) send(() => post('v1/kill-switches', body));
        }}
      >
        <p>
          {scopeSentence(scope, state.value.switches.sharedBy)} New orders are refused, live orders are cancelled at
          once; positions keep their stop-loss and take-profit.
        </p>
        {isSymbol ? (
          <Field
            id="engage-target"
            label="Symbol"
            value={target}
            onInput={setTarget}
            isFirst={engage.target === undefined}
          />
        ) : null}
        <Field
          id="engage-reason"
          label="Reason"
          value={reason}
          onInput={setReason}
          isFirst={!isSymbol || engage.target !== undefined}
        />
        {problem === '' ? null : <Problem text={problem} />}
        <button type="submit" class="button danger solid" disabled={!isReady || isSending}>
          {isSending ? 'Engaging …' : `Engage ${switchTitle(scope)}`}
        </button>
      </form>
    </Dialog>
  );
}

export function ReleaseDialog() {
  const one = releasing.value;
  const known = session.value;
  const [by, setBy] = useState(known?.tokens === true ? known.name : '');
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [force, setForce] = useState(false);
  const close = (): void => {
    releasing.value = undefined;
  };
  const { isSending, problem, send } = useSending(close);
  if (one === undefined) return null;
  const { type, target } = one;
  const isReady = by.trim() !== '' && reason.trim() !== '' && isScopeTyped(one, typed);
  return (
    <Dialog title={`Release ${switchTitle(one)}`} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = {
            type,
            reason: reason.trim(),
            by: by.trim(),
            ...(target !== undefined && { target }),
            ...(force && { force }),
          };
          if (isReady) send(() => post('v1/kill-switches/release', body));
        }}
      >
        <p>{scopeSentence(one, state.value.switches.sharedBy)} Orders are taken again when it is released.</p>
        <Field
          id="release-by"
          label="Who releases it"
          value={by}
          onInput={setBy}
          isFirst
          hint={known?.tokens === true ? 'The name of your token counts.' : ''}
        />
        <Field id="release-reason" label="Why" value={reason} onInput={setReason} />
        <Field id="release-scope" label={`Type ${scopeText(one)} to confirm`} value={typed} onInput={setTyped} />
        <label class="check">
          <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> although
          a case in its scope is open
        </label>
        {problem === '' ? null : <Problem text={problem} />}
        <button type="submit" class="button primary" disabled={!isReady || isSending}>
          {isSending ? 'Releasing …' : `Release ${switchTitle(one)}`}
        </button>
      </form>
    </Dialog>
  );
}
