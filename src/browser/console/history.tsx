/**
 * What has been done: the history of the kill switches, and who did what.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SwitchChange, SwitchHistory } from '../../service/api/controls.js';
import type { AccessEntry, AccessLog } from '../../service/api/system.js';
import { get, sentenceOf } from './api.js';
import { Dialog, Problem } from './dialog.js';
import { switchTitle } from './scope.js';
import { whyNot } from './store.js';

const VIEWS = ['Kill switches', 'Who did what'] as const;
type HistoryViewName = (typeof VIEWS)[number];

const PAGE = 100;
const MOST_ACCESS = 200;

/** `2026-01-31 12:30:05`, UTC. */
const timeOf = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

export function History({ onClose }: { readonly onClose: () => void }) {
  const [view, setView] = useState<HistoryViewName>('Kill switches');
  return (
    <Dialog title="History" onClose={onClose} isWide>
      <fieldset class="segments" aria-label="What is shown">
        {VIEWS.map((one) => (
          <button key={one} type="button" aria-pressed={one === view} onClick={() => setView(one)}>
            {one}
          </button>
        ))}
      </fieldset>
      {view === 'Kill switches' ? <Switches /> : <WhoDidWhat />}
    </Dialog>
  );
}

function Switches() {
  const [changes, setChanges] = useState<readonly SwitchChange[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState('');
  const read = (from: string | undefined): void => {
    const more = from === undefined ? '' : `&cursor=${encodeURIComponent(from)}`;
    get<SwitchHistory>(`v1/kill-switches/history?limit=${PAGE}${more}`).then(
      (page) => {
        setChanges((known = []) => (from === undefined ? page.changes : [...known, ...page.changes]));
        setCursor(page.nextCursor);
      },
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  };
  useEffect(() => read(undefined), []);
  if (problem !== '') return <Problem text={problem} />;
  if (changes === undefined) return <p class="quiet">Reading …</p>;
  if (changes.length === 0) return <p class="quiet">No kill switch has ever been set.</p>;
  return (
    <>
      <Facts about="Changes of the kill switches, newest first" columns={SWITCH_COLUMNS}>
        {changes.map((one, index) => (
          <ChangeRow key={`${one.time} ${index}`} one={one} />
        ))}
      </Facts>
      {cursor === undefined ? null : (
        <button type="button" class="button small" onClick={() => read(cursor)}>
          Earlier ones
        </button>
      )}
    </>
  );
}

const SWITCH_COLUMNS = ['Time (UTC)', 'Switch', 'State', 'Who', 'Reason', 'Was so for'];
const ACCESS_COLUMNS = ['Time (UTC)', 'Who', 'Did', 'About', 'Outcome'];

interface FactsProps {
  readonly about: string;
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that scrolls by itself where it is wider than its place. */
function Facts({ about, columns, children }: FactsProps) {
  return (
    <section class="scroll-wide" tabIndex={0} aria-label={about}>
      <table class="facts">
        <thead>
          <tr>
            {columns.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

const TONES = { ACTIVE: 'bad', WARNING: 'warn', OFF: 'good' } as const;

function ChangeRow({ one }: { readonly one: SwitchChange }) {
  return (
    <tr>
      <td class="mono nowrap">{timeOf(one.time)}</td>
      <td class="mono">{switchTitle(one)}</td>
      <td class="nowrap">
        <span class="quiet">{one.previous} → </span>
        <span class={`tag ${TONES[one.state]}`}>{one.state}</span>
        {one.forced === true ? <span class="tag warn">forced</span> : null}
      </td>
      <td>{one.by ?? '–'}</td>
      <td class="words">{one.reason}</td>
      <td class="mono nowrap">{spanOf(one)}</td>
    </tr>
  );
}

const MS_PER_MINUTE = 60_000;

/** How long it had been in the state before; nothing where it had never been set. */
function spanOf({ previous, durationMs }: SwitchChange): string {
  if (previous === 'OFF' || durationMs <= 0) return '–';
  return durationMs < MS_PER_MINUTE
    ? `${(durationMs / 1_000).toFixed(1)} s`
    : `${Math.floor(durationMs / MS_PER_MINUTE)} min`;
}

function WhoDidWhat() {
  const [entries, setEntries] = useState<readonly AccessEntry[]>();
  const [problem, setProblem] = useState('');
  const why = whyNot('operator');
  useEffect(() => {
    if (why !== undefined) return;
    get<AccessLog>(`v1/access?limit=${MOST_ACCESS}`).then(
      (found) => setEntries(found.entries),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, []);
  if (why !== undefined) return <p class="quiet">{why}</p>;
  if (problem !== '') return <Problem text={problem} />;
  if (entries === undefined) return <p class="quiet">Reading …</p>;
  if (entries.length === 0) return <p class="quiet">Nothing has been changed since the service was started.</p>;
  return (
    <Facts about="Calls that changed something, newest first" columns={ACCESS_COLUMNS}>
      {entries.map(({ at, by, role, action, about, outcome, code, requestId }, index) => (
        <tr key={`${requestId} ${index}`}>
          <td class="mono nowrap">{timeOf(at)}</td>
          <td>
            {by} <span class="quiet">({role})</span>
          </td>
          <td class="mono">{action}</td>
          <td class="words">{wordsOf(about)}</td>
          <td class="mono nowrap">
            <span class={outcome < 400 ? 'good' : 'bad'}>{outcome}</span> {code ?? ''}
          </td>
        </tr>
      ))}
    </Facts>
  );
}

/** Words as they are; what is only true by its name, such as `force`. */
const wordsOf = (about: AccessEntry['about'] = {}): string =>
  Object.entries(about)
    .flatMap(([name, value]) => (value === 'false' ? [] : [value === 'true' ? name : value]))
    .join(', ');
