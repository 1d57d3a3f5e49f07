/**
 * A life in words: its timeline, its messages, its context, what may come next.
 */
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Json } from '../../charts/chart.js';
import type { BookChart } from '../../charts/interactive/book.js';
import type { Life, LifeStep } from '../../charts/interactive/life.js';
import type { Message, Party } from '../../charts/interactive/messages.js';
import { possibleNext } from '../../charts/interactive/possible.js';
import { contextAt, contextRows, stateAt } from './lit.js';
import { shortState, transitionTitle } from './pick.js';

interface LifeProps {
  readonly life: Life;
  /** Steps shown. */
  readonly count: number;
  readonly onSeek: (count: number) => void;
}

/** `+1.204 s`, since the first fact. */
export const shownMs = (ms: number): string => `+${(ms / 1_000).toFixed(3)}`;
const clockOf = (wall: string): string => wall.slice(11, 23);

export function Timeline({ life, count, onSeek }: LifeProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => showStep(list.current), [count, life.id]);
  return (
    <ol class="timeline" ref={list} aria-label={`Timeline of ${life.name}`}>
      {life.steps.map((step, index) => (
        <TimelineStep key={index} step={step} at={index + 1} count={count} onSeek={onSeek} />
      ))}
    </ol>
  );
}

/** Scrolls the list, and nothing around it, to the step that is shown. */
function showStep(list: HTMLElement | null): void {
  const step = list?.querySelector<HTMLElement>('.is-now');
  const panel = list?.closest<HTMLElement>('.scroll');
  if (step == null || panel == null) return;
  const { top, bottom } = step.getBoundingClientRect();
  const around = panel.getBoundingClientRect();
  if (bottom > around.bottom) panel.scrollTop += bottom - around.bottom + 16;
  else if (top < around.top) panel.scrollTop -= around.top - top + 16;
}

interface StepProps {
  readonly step: LifeStep;
  readonly at: number;
  readonly count: number;
  readonly onSeek: (count: number) => void;
}

function TimelineStep({ step, at, count, onSeek }: StepProps) {
  const place = at === count ? 'is-now' : at > count ? 'is-ahead' : '';
  const isBad = step.messages.some((message) => message.isBad === true);
  return (
    <li class={`${place} ${isBad ? 'is-bad' : ''}`} aria-current={at === count ? 'step' : undefined}>
      <span class="when">
        {step.wall === undefined ? shownMs(step.atMs) : clockOf(step.wall)}
        <br />
        {step.t === undefined ? '' : `T ${(step.t / 1_000).toFixed(3)}`}
      </span>
      <span class="dot" aria-hidden="true" />
      <div>
        <button type="button" class="what" onClick={() => onSeek(at)}>
          {step.what}
        </button>
        {step.from === step.to ? null : <div class="goes">→ {step.to}</div>}
        <div class="calls">
          {[step.event, ...step.commands.map((command) => `/ ${command}`)].join(' ')}
          {step.rules.length === 0 ? '' : ` · ${step.rules.join(' ')}`}
        </div>
      </div>
    </li>
  );
}

const PARTIES: readonly Party[] = ['operator', 'engine', 'broker'];
const PARTY_NAMES: Readonly<Record<Party, string>> = { operator: 'Operator', engine: 'Engine', broker: 'Broker' };

export function Sequence({ life, count }: Omit<LifeProps, 'onSeek'>) {
  return (
    <div class="sequence">
      <div class="sequence-heads" aria-hidden="true">
        {PARTIES.map((party) => (
          <span key={party}>{PARTY_NAMES[party]}</span>
        ))}
      </div>
      <ol aria-label={`Messages of ${life.name}`}>
        {life.steps.flatMap((step, index) =>
          step.messages.map((message, place) => (
            <SequenceMessage
              key={`${index} ${place}`}
              message={message}
              at={place === 0 ? shownMs(step.atMs) : ''}
              isAhead={index >= count}
            />
          )),
        )}
      </ol>
    </div>
  );
}

interface SequenceMessageProps {
  readonly message: Message;
  readonly at: string;
  readonly isAhead: boolean;
}

function SequenceMessage({ message, at, isAhead }: SequenceMessageProps) {
  const [from, to] = [PARTIES.indexOf(message.from), PARTIES.indexOf(message.to)];
  const isNote = from === to;
  // Each party stands in the middle of two of six columns.
  const columns = isNote
    ? { '--from': from * 2 + 1, '--to': from * 2 + 3 }
    : { '--from': Math.min(from, to) * 2 + 2, '--to': Math.max(from, to) * 2 + 2 };
  const direction = isNote ? '' : to > from ? 'is-rightward' : 'is-leftward';
  return (
    <li class={isAhead ? 'is-ahead' : ''}>
      <div class={`message ${message.kind} ${direction} ${message.isBad === true ? 'is-bad' : ''}`} style={columns}>
        <span class="visually-hidden">
          {PARTY_NAMES[message.from]} to {PARTY_NAMES[message.to]}:
        </span>
        <span>
          {message.isBad === true ? '! ' : ''}
          {message.text}
        </span>
        {at === '' ? null : <span class="at">{at}</span>}
      </div>
    </li>
  );
}

export function ContextTable({ life, count }: Omit<LifeProps, 'onSeek'>) {
  return (
    <table class="facts context">
      <caption class="visually-hidden">What the chart knows</caption>
      <tbody>
        {contextRows(life, count).map(({ name, value, isNew }) => (
          <tr key={name}>
            <th scope="row" class="mono">
              <Breakable name={name} />
            </th>
            <td class="mono">
              {value} {isNew ? <span class="tag">new</span> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Breaks where its words begin, and nowhere else: `snapshot.` `position` `Size`. */
const Breakable = ({ name }: { readonly name: string }) => (
  <>
    {name.split(/(?<=\.)|(?=[A-Z])/).map((part, index) => (
      <Fragment key={index}>
        {index === 0 ? null : <wbr />}
        {part}
      </Fragment>
    ))}
  </>
);

interface NextProps {
  readonly chart: BookChart;
  readonly state: string;
  readonly context: Json;
  /** Engine time in ms. */
  readonly now: number;
}

/** What may come next, and why it has not. */
export function NextTable({ chart, state, context, now }: NextProps) {
  const possible = possibleNext(chart.chart, { state, context, now });
  if (possible.length === 0) return <p class="details quiet">This state is final: nothing follows.</p>;
  return (
    <div class="details">
      {possible.map(({ event, deadline, transitions, targets, whyNotYet }) => (
        <div class="entry" key={`${event} ${deadline ?? ''}`}>
          <div class="name">
            {event} {deadline ?? ''}
          </div>
          {whyNotYet === undefined ? null : <p class="why">{whyNotYet}</p>}
          <p>
            {targets.length === 0 ? 'Stays here.' : `→ ${targets.map(shortState).join(', ')}`}
            {` · ${transitions.length === 1 ? '1 transition' : `${transitions.length} transitions`}`}
          </p>
          <details>
            <summary class="quiet">When</summary>
            {transitions.map((transition) => (
              <p key={transition.id}>
                <span class="mono">{transitionTitle(transition)}</span>: {transition.description}
              </p>
            ))}
          </details>
        </div>
      ))}
    </div>
  );
}

/** The same for a moment of a life that is shown. */
export function NextOfLife({
  chart,
  life,
  count,
}: {
  readonly chart: BookChart;
  readonly life: Life;
  readonly count: number;
}) {
  const context = contextAt(life, count);
  const begin = startOf(context);
  return (
    <NextTable
      chart={chart}
      state={stateAt(life, count)}
      context={context}
      now={begin + (life.steps[count - 1]?.atMs ?? 0)}
    />
  );
}

function startOf(context: Json): number {
  const started = (context as { readonly startedAt?: unknown }).startedAt;
  return typeof started === 'number' ? started : 0;
}
