/**
 * A case: what differs between engine and broker, side by side, what to do, and its resolution.
 */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { shortDecimal } from '../../charts/interactive/short-decimal.js';
import type { Case } from '../../service/api/controls.js';
import type { Execution } from '../../service/api/executions.js';
import { post } from './api.js';
import { type ComparedRow, comparison } from './comparison.js';
import { Dialog, Field, Problem, useSending } from './dialog.js';
import { GuardedButton } from './guarded-button.js';
import { session } from './store.js';

export const resolving = signal<Case | undefined>(undefined);

interface CaseCardProps {
  readonly one: Case;
  readonly execution: Execution | undefined;
}

export function CaseCard({ one, execution }: CaseCardProps) {
  const rows = comparison(one, execution);
  return (
    <section class={`panel case ${one.urgency === 'now' ? 'is-urgent' : ''}`} aria-label={`Case ${one.kind}`}>
      <div class="panel-head">
        <h2>
          <span aria-hidden="true">⚠ </span>
          {one.symbol}: {one.kind}{' '}
          <span class={`tag ${one.urgency === 'now' ? 'bad' : 'warn'}`}>
            {one.urgency === 'now' ? 'act now' : 'settle today'}
          </span>
        </h2>
        <GuardedButton
          needs="operator"
          class="button primary small"
          onClick={() => {
            resolving.value = one;
          }}
        >
          Resolve …
        </GuardedButton>
      </div>
      <div class="case-body">
        <div>
          <ul class="case-sentences">
            {one.mismatches.map(({ kind, message }) => (
              <li key={`${kind} ${message}`}>{message}</li>
            ))}
          </ul>
          <p class="next-step">
            <b>What to do: </b>
            {one.nextStep}
          </p>
        </div>
        {rows.length === 0 ? null : <Comparison rows={rows} />}
      </div>
    </section>
  );
}

/** What differs, and on demand what was compared and is alike. */
function Comparison({ rows }: { readonly rows: readonly ComparedRow[] }) {
  const [isWhole, setWhole] = useState(false);
  const alike = rows.filter(({ differs }) => !differs).length;
  const isShort = alike > 0 && alike < rows.length;
  return (
    <div>
      <ComparisonTable rows={isShort && !isWhole ? rows.filter(({ differs }) => differs) : rows} />
      {isShort ? (
        <button type="button" class="link small-text" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show only what differs' : `${alike} ${alike === 1 ? 'value is' : 'values are'} alike: show all`}
        </button>
      ) : null}
    </div>
  );
}

function ComparisonTable({ rows }: { readonly rows: readonly ComparedRow[] }) {
  return (
    <table class="facts comparison">
      <caption class="visually-hidden">Engine and broker side by side</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="visually-hidden">What</span>
          </th>
          <th scope="col">Engine</th>
          <th scope="col">Broker</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, engine, broker, differs }) => (
          <tr key={name} class={differs ? 'differs' : ''}>
            <th scope="row">{name}</th>
            <td class="mono" title={engine}>
              {differs ? engine : shortDecimal(engine)}
            </td>
            <td class="mono" title={broker}>
              {differs ? broker : shortDecimal(broker)} {differs ? <span class="tag bad">≠ differs</span> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ResolveDialog() {
  const one = resolving.value;
  const known = session.value;
  const [by, setBy] = useState(known?.tokens === true ? known.name : '');
  const [reason, setReason] = useState('');
  const [withdraw, setWithdraw] = useState(false);
  const close = (): void => {
    resolving.value = undefined;
  };
  const { isSending, problem, send } = useSending(close);
  if (one === undefined) return null;
  const isReady = by.trim() !== '' && reason.trim() !== '';
  const path = `v1/cases/${encodeURIComponent(one.caseId)}/resolve?account=${encodeURIComponent(one.account)}`;
  return (
    <Dialog title={`Resolve ${one.kind} of ${one.symbol}`} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { by: by.trim(), reason: reason.trim(), ...(withdraw && { withdraw }) };
          if (isReady) send(() => post(path, body));
        }}
      >
        <p>{one.nextStep}</p>
        <p>Resolving says that the difference is settled at the broker, or accepted. Nothing is sent to the broker.</p>
        <Field id="resolve-by" label="Who resolves it" value={by} onInput={setBy} isFirst />
        <Field id="resolve-reason" label="Reason" value={reason} onInput={setReason} />
        <label class="check">
          <input type="checkbox" checked={withdraw} onChange={(event) => setWithdraw(event.currentTarget.checked)} />{' '}
          the case rested on a wrong reading: withdraw it, nothing is accepted by it
        </label>
        {problem === '' ? null : <Problem text={problem} />}
        <button type="submit" class="button primary" disabled={!isReady || isSending}>
          {isSending ? 'Resolving …' : 'Resolve the case'}
        </button>
      </form>
    </Dialog>
  );
}
