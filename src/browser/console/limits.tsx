/**
 * The limits of each account, how the account stands, and a comparison with its broker on demand (M3).
 */
import { useEffect, useState } from 'preact/hooks';
import type { LimitList, SweepReports } from '../../service/api/controls.js';
import { get, post, sentenceOf } from './api.js';
import { Dialog, Problem, useSending } from './dialog.js';
import { GuardedButton } from './guarded-button.js';
import { switchTitle } from './scope.js';
import { state } from './store.js';

type AccountLimits = LimitList['limits'][number];

export function Limits({ onClose }: { readonly onClose: () => void }) {
  const [limits, setLimits] = useState<readonly AccountLimits[]>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    get<LimitList>('v1/limits').then(
      (found) => setLimits(found.limits),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, []);
  return (
    <Dialog title="Accounts and limits" onClose={onClose}>
      {problem === '' ? null : <Problem text={problem} />}
      {limits?.map((one) => (
        <Account key={one.account} one={one} />
      ))}
      <Sweep />
    </Dialog>
  );
}

/** Compares orders and positions at the brokers with the journals. Nothing is corrected by it. */
function Sweep() {
  const [reports, setReports] = useState<SweepReports['reports']>();
  const { isSending, problem, send } = useSending(() => undefined);
  return (
    <section class="sweep">
      <div class="sweep-head">
        <h3>Comparison with the broker</h3>
        <GuardedButton
          needs="operator"
          class="button small"
          onClick={() =>
            send(async () => {
              const found = await post<SweepReports>('v1/sweep', {});
              setReports(found.reports);
            })
          }
        >
          {isSending ? 'Comparing …' : 'Compare now'}
        </GuardedButton>
      </div>
      <p class="quiet">
        Compares all open orders and positions at the broker with the journal. It opens cases, and corrects nothing.
      </p>
      {problem === '' ? null : <Problem text={problem} />}
      <div role="status">
        {reports?.map((one) => (
          <SweepResult key={one.account} one={one} />
        ))}
      </div>
    </section>
  );
}

function SweepResult({ one }: { readonly one: SweepReports['reports'][number] }) {
  const { account, at, orders, positions, cases, failures } = one;
  const found = cases.length === 0 ? 'no new case' : cases.length === 1 ? '1 new case' : `${cases.length} new cases`;
  return (
    <>
      <p>
        <b>{account}</b>: {orders} {orders === 1 ? 'order' : 'orders'} and {positions}{' '}
        {positions === 1 ? 'position' : 'positions'} compared at {at.slice(11, 19)} UTC,{' '}
        <span class={cases.length === 0 ? 'good' : 'bad'}>{found}</span>.
      </p>
      {cases.map(({ caseId, kind, symbol, mismatches }) => (
        <p key={caseId} class="bad">
          {symbol}: {mismatches[0]?.message ?? kind}
        </p>
      ))}
      {failures.map((failure) => (
        <p key={failure} class="warn">
          Could not be asked: {failure}
        </p>
      ))}
    </>
  );
}

function Account({ one }: { readonly one: AccountLimits }) {
  const known = state.value.accounts.get(one.account);
  const rows: readonly (readonly [string, string])[] = [
    ['Broker', `${known?.broker ?? '?'}${known?.about === undefined ? '' : `, ${known.about}`}`],
    ['Journal', `${known?.journal ?? '?'}${known?.durable === true ? '' : ' (lost with the process)'}`],
    ['Ready', known?.ready === true ? 'yes' : (known?.problems.join(' ') ?? 'no')],
    ['Live executions', String(one.liveExecutions)],
    ['Open positions', String(one.openPositions)],
    ...flat(one.limits ?? {}),
    ...one.riskLimit.map((each): readonly [string, string] => [switchTitle(each), `${each.state}: ${each.reason}`]),
  ];
  return (
    <section>
      <h3>{one.account}</h3>
      <table class="facts">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="mono">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {one.limits === null ? <p class="quiet">No limits are configured.</p> : null}
    </section>
  );
}

/** Limits by symbol stand under `bySymbol`. */
function flat(limits: object, path = ''): readonly (readonly [string, string])[] {
  return Object.entries(limits).flatMap(([name, value]): readonly (readonly [string, string])[] =>
    typeof value === 'object' && value !== null ? flat(value, `${path}${name}.`) : [[`${path}${name}`, String(value)]],
  );
}
