/**
 * The console: executions on the left, the one that is looked at in the middle, its life in words on the right.
 */
import { effect } from '@preact/signals';
import type { Case } from '../../service/api/controls.js';
import { worstFirst } from './alarms.js';
import { CaseCard, ResolveDialog, resolving } from './case-card.js';
import { ChartPanel } from './chart-panel.js';
import { ExecutionHead } from './execution-head.js';
import { ExecutionList, rows } from './execution-list.js';
import { History } from './history.js';
import { Limits } from './limits.js';
import { Login } from './login.js';
import { neighbour } from './rows.js';
import { execution, select, selected } from './selection.js';
import { Side } from './side.js';
import { failure, needsLogin, session, state } from './store.js';
import { SubmitForm } from './submit-form.js';
import { EngageDialog, engaging, isSettingAny, ReleaseDialog, releasing, SetSwitchDialog } from './switch-dialogs.js';
import { SwitchesPanel } from './switches.js';
import { AlarmBar, openDialog, TopBar } from './top-bar.js';

/** Something is always looked at: what needs a person first. */
export function beginWithFirst(): void {
  effect(() => {
    if (selected.value === undefined && rows.value.length > 0) select(neighbour(rows.value, undefined, 1));
  });
}

export function App() {
  if (needsLogin.value) return <Login />;
  if (session.value === undefined)
    return <p class="empty quiet">{failure.value === '' ? 'Connecting …' : failure.value}</p>;
  const isOld = state.value.connection === 'lost' || state.value.connection === 'stale';
  return (
    <div class={`console ${isOld ? 'is-old' : ''}`}>
      <TopBar />
      <AlarmBar onShow={select} />
      <div class="columns">
        <nav class="left" aria-label="Executions and kill switches">
          <ExecutionList />
          <SwitchesPanel />
        </nav>
        <Middle />
        <Side />
      </div>
      <Dialogs />
    </div>
  );
}

function Middle() {
  const one = execution.value;
  const cases = [...state.value.cases.values()].filter(({ isOpen }) => isOpen).sort(worstFirst);
  const own = cases.filter((each) => each.account === one?.account && each.advisoryId === one?.advisoryId);
  return (
    <main class="middle">
      {one === undefined ? null : <ExecutionHead one={one} />}
      {own.map((each) => (
        <CaseCard key={`${each.account} ${each.caseId}`} one={each} execution={one} />
      ))}
      <OtherCases cases={cases.filter(({ advisoryId }) => advisoryId === undefined)} isAlone={one === undefined} />
      <ChartPanel />
    </main>
  );
}

/** Cases of no execution, such as a position that nobody meant: at hand, whatever is looked at. */
function OtherCases({ cases, isAlone }: { readonly cases: readonly Case[]; readonly isAlone: boolean }) {
  if (cases.length === 0) return null;
  const urgent = cases.filter(({ urgency }) => urgency === 'now').length;
  return (
    <details class="panel other-cases" open={isAlone}>
      <summary>
        <span aria-hidden="true">⚠ </span>
        {cases.length === 1 ? '1 case belongs' : `${cases.length} cases belong`} to no execution
        {urgent === 0 ? '' : `, ${urgent} to act on now`}: {[...new Set(cases.map(({ symbol }) => symbol))].join(', ')}
      </summary>
      {cases.map((each) => (
        <CaseCard key={`${each.account} ${each.caseId}`} one={each} execution={undefined} />
      ))}
    </details>
  );
}

/** Each is made anew when it is opened, so that nothing of the last one stands in it. */
function Dialogs() {
  const close = (): void => {
    openDialog.value = undefined;
  };
  return (
    <>
      {engaging.value === undefined ? null : <EngageDialog />}
      {isSettingAny.value ? <SetSwitchDialog /> : null}
      {releasing.value === undefined ? null : <ReleaseDialog />}
      {resolving.value === undefined ? null : <ResolveDialog />}
      {openDialog.value === 'submit' ? <SubmitForm onClose={close} /> : null}
      {openDialog.value === 'history' ? <History onClose={close} /> : null}
      {openDialog.value === 'limits' ? <Limits onClose={close} /> : null}
    </>
  );
}
