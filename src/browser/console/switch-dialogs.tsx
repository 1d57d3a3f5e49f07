/**
 * Setting and releasing a kill switch: engaging takes one click and a reason; releasing asks who, why, and the scope, typed.
 */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Switch } from '../../service/api/controls.js';
import { post } from './api.js';
import { Choice, Dialog, Field, Problem, useSending } from './dialog.js';
import { effectSentence, isScopeTyped, SETTABLE, scopeSentence, scopeText, switchTitle } from './scope.js';
import { session, state } from './store.js';

interface Engage {
  readonly type: 'GLOBAL' | 'SYMBOL_LEVEL';
  readonly target?: string;
}
export const engaging = signal<Engage | undefined>(undefined);
export const releasing = signal<Switch | undefined>(undefined);
/** The form in which every type and state can be chosen is open. */
export const isSettingAny = signal(false);

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
          {scopeSentence(scope, state.value.switches.sharedBy)} {effectSentence(engage.type, 'ACTIVE')}
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

/** Every type and state: a limit reached elsewhere, a manual halt, a warning that lets orders proceed. */
export function SetSwitchDialog() {
  const [type, setType] = useState<string>('RISK_LIMIT');
  const [wanted, setWanted] = useState<string>('ACTIVE');
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const close = (): void => {
    isSettingAny.value = false;
  };
  const { isSending, problem, send } = useSending(close);
  const symbol = type === 'GLOBAL' || target.trim() === '' ? undefined : target.trim();
  const scope = { type, target: symbol };
  const isReady = reason.trim() !== '' && (type !== 'SYMBOL_LEVEL' || symbol !== undefined);
  const { switches, sharedBy } = state.value.switches;
  const lowers = wanted === 'WARNING' && switches.some((one) => one.state === 'ACTIVE' && isSame(one, scope));
  return (
    <Dialog title="Set a kill switch" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { type, state: wanted, reason: reason.trim(), ...(symbol !== undefined && { target: symbol }) };
          if (isReady) send(() => post('v1/kill-switches', body));
        }}
      >
        <Choice id="set-type" label="Type" value={type} of={SETTABLE.types} onChange={setType} />
        <Choice id="set-state" label="State" value={wanted} of={SETTABLE.states} onChange={setWanted} />
        {type === 'GLOBAL' ? null : (
          <Field
            id="set-target"
            label={type === 'SYMBOL_LEVEL' ? 'Symbol' : 'Symbol (empty: every symbol)'}
            value={target}
            onInput={setTarget}
          />
        )}
        <Field id="set-reason" label="Reason" value={reason} onInput={setReason} isFirst />
        <p>
          {scopeSentence(scope, sharedBy)} {effectSentence(type, wanted)}
        </p>
        {lowers ? <p class="warn">This lowers a switch that is ACTIVE, which takes an operator.</p> : null}
        {problem === '' ? null : <Problem text={problem} />}
        <button
          type="submit"
          class={`button ${wanted === 'ACTIVE' ? 'danger solid' : 'primary'}`}
          disabled={!isReady || isSending}
        >
          {isSending ? 'Setting …' : `Set ${switchTitle(scope)} to ${wanted}`}
        </button>
      </form>
    </Dialog>
  );
}

const isSame = (one: Switch, { type, target }: { readonly type: string; readonly target?: string | undefined }) =>
  one.type === type && one.target?.toUpperCase() === target?.toUpperCase();

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
