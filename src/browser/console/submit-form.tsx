/**
 * A new advisory, sent to an account.
 */
import { useState } from 'preact/hooks';
import type { Execution } from '../../service/api/executions.js';
import { post, Refused, sentenceOf } from './api.js';
import { Choice, Dialog, Field, Problem } from './dialog.js';
import { switchTitle } from './scope.js';
import { select } from './selection.js';
import { executionKey, switchesOver } from './state.js';
import { now, state } from './store.js';
import {
  bodyOf,
  descriptionOf,
  FIELD_LABELS,
  FIELDS,
  type FieldName,
  type Fields,
  preview,
  problemsOf,
  suggestion,
} from './submit-fields.js';

const HOUR_MS = 3_600_000;

const empty = (): Fields => ({
  advisoryId: '',
  symbol: '',
  side: 'buy',
  positionSize: '',
  referencePrice: '',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  expirationTimestamp: `${new Date(now() + HOUR_MS).toISOString().slice(0, 19)}Z`,
});

type Problems = Readonly<Partial<Record<FieldName, string>>>;

interface Submission {
  readonly fields: Fields;
  readonly set: (name: FieldName, value: string) => void;
  readonly problems: Problems;
  readonly problem: string;
  readonly isSending: boolean;
  readonly send: (account: string | undefined) => void;
}

function useSubmission(onClose: () => void): Submission {
  const [fields, setFields] = useState<Fields>(empty);
  const [problems, setProblems] = useState<Problems>({});
  const [problem, setProblem] = useState('');
  const [isSending, setSending] = useState(false);
  const set = (name: FieldName, value: string): void => {
    setFields({ ...fields, [name]: value });
    setProblems(Object.fromEntries(Object.entries(problems).filter(([known]) => known !== name)));
  };
  const refused = (error: unknown): void => {
    const field = error instanceof Refused ? error.problem.field : undefined;
    const sentence = sentenceOf(error);
    if (FIELDS.some((name) => name === field)) setProblems({ [field as FieldName]: sentence });
    else setProblem(sentence);
  };
  const send = (account: string | undefined): void => {
    const found = problemsOf(fields);
    setProblems(found);
    setProblem('');
    if (Object.keys(found).length > 0 || isSending) return;
    setSending(true);
    post<Execution>('v1/executions', bodyOf(fields, account))
      .then((taken) => {
        select(executionKey(taken));
        onClose();
      }, refused)
      .finally(() => setSending(false));
  };
  return { fields, set, problems, problem, isSending, send };
}

export function SubmitForm({ onClose }: { readonly onClose: () => void }) {
  const { fields, set, problems, problem, isSending, send } = useSubmission(onClose);
  const names = [...state.value.accounts.keys()];
  const [account, setAccount] = useState(names[0]);
  return (
    <Dialog title="New order" onClose={onClose}>
      <form
        class="submit-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send(account);
        }}
      >
        {names.length < 2 ? null : (
          <Choice id="account" label="Account" value={account ?? ''} of={names} onChange={setAccount} />
        )}
        {FIELDS.map((name) =>
          name === 'side' ? (
            <Choice
              key={name}
              id={name}
              label="Side"
              value={fields.side}
              of={['buy', 'sell']}
              onChange={(value) => set('side', value)}
            />
          ) : (
            <Field
              key={name}
              id={name}
              label={FIELD_LABELS[name]}
              value={fields[name]}
              onInput={(value) => set(name, value)}
              hint={descriptionOf(name)}
              problem={problems[name]}
              isFirst={name === 'advisoryId'}
            />
          ),
        )}
        <Advice fields={fields} />
        {problem === '' ? null : <Problem text={problem} />}
        <button type="submit" class="button primary wide" disabled={isSending}>
          {isSending ? 'Sending …' : 'Send the order'}
        </button>
      </form>
    </Dialog>
  );
}

/** What the fields would come to, and what stands in the way. */
function Advice({ fields }: { readonly fields: Fields }) {
  const levels = preview(fields);
  const hint = suggestion(fields);
  const stops = fields.symbol === '' ? [] : switchesOver(state.value.switches.switches, fields.symbol);
  return (
    <>
      <p class="hint wide">
        {levels === undefined
          ? ''
          : `At the reference price: stop-loss ${levels.sl}, take-profit ${levels.tp}. The engine computes both from the fill.`}
      </p>
      {hint === undefined ? null : <p class="warn wide">{hint}</p>}
      {stops.map((one) => (
        <p class="bad wide" key={switchTitle(one)}>
          Kill switch {switchTitle(one)} is {one.state}: {one.reason}
        </p>
      ))}
    </>
  );
}
