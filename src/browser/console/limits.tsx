/**
 * The limits of each account, and how the account stands.
 */
import { useEffect, useState } from 'preact/hooks';
import type { LimitList } from '../../service/api/controls.js';
import { get, sentenceOf } from './api.js';
import { Dialog, Problem } from './dialog.js';
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
    </Dialog>
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
