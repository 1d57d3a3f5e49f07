/**
 * What is known of a chosen state or arrow: its words, its rules, the tests that prove them, the lives that go there.
 */
import type { ChartTransition } from '../../charts/chart.js';
import type { BookChart, ChartBook } from '../../charts/interactive/book.js';
import type { Life } from '../../charts/interactive/life.js';
import { actionsText, guardText } from '../../charts/notation.js';
import { livesThrough, type Pick, pickedTransitions, shortState, stateOf } from './pick.js';

interface DetailsProps {
  readonly book: ChartBook;
  readonly chart: BookChart;
  readonly pick: Pick | undefined;
  readonly lives: readonly Life[];
  readonly onPick: (pick: Pick) => void;
  readonly onLife: (life: Life) => void;
}

const MOST_LIVES = 12;

export function Details({ book, chart, pick, lives, onPick, onLife }: DetailsProps) {
  if (pick === undefined) return <Hint chart={chart} onPick={onPick} />;
  const transitions = pickedTransitions(chart, pick);
  const rules = [...new Set(transitions.flatMap((transition) => transition.rules))];
  return (
    <div class="details">
      <Heading chart={chart} pick={pick} onPick={onPick} />
      {transitions.length === 0 ? null : (
        <section>
          <h3>{pick.kind === 'state' ? `Leaves by (${transitions.length})` : `Transitions (${transitions.length})`}</h3>
          {transitions.map((transition) => (
            <TransitionEntry
              key={transition.id}
              transition={transition}
              from={pick.kind === 'state' ? pick.id : undefined}
              onPick={onPick}
            />
          ))}
        </section>
      )}
      <Rules book={book} ids={rules} />
      <Lives chart={chart} pick={pick} lives={lives} onLife={onLife} />
    </div>
  );
}

function Hint({ chart, onPick }: { readonly chart: BookChart; readonly onPick: (pick: Pick) => void }) {
  const states = chart.chart.states.filter(({ parent }) => parent !== undefined);
  return (
    <div class="details">
      <p class="about">{chart.chart.description}</p>
      <p class="quiet">
        Choose a state or an arrow to see its rules, the tests that prove them, and the paths that go there.
      </p>
      <section>
        <h3>States ({states.length})</h3>
        <div class="list-buttons">
          {states.map(({ id }) => (
            <button key={id} type="button" class="link mono" onClick={() => onPick({ kind: 'state', id })}>
              {shortState(id)}
            </button>
          ))}
        </div>
      </section>
    </div>
  );
}

function Heading({
  chart,
  pick,
  onPick,
}: {
  readonly chart: BookChart;
  readonly pick: Pick;
  readonly onPick: (pick: Pick) => void;
}) {
  if (pick.kind === 'transitions') {
    const [first] = pickedTransitions(chart, pick);
    const target = first?.targets[0];
    return (
      <header>
        <h2>
          {first === undefined ? 'Arrow' : shortState(first.source)} →{' '}
          {target === undefined ? 'stays' : shortState(target)}
        </h2>
      </header>
    );
  }
  const state = stateOf(chart, pick.id);
  return (
    <header>
      <h2>{shortState(pick.id)}</h2>
      <p class="about">{state?.description}</p>
      {state?.parent === undefined || state.parent === chart.id ? null : (
        <button type="button" class="link" onClick={() => onPick({ kind: 'state', id: state.parent ?? '' })}>
          in {shortState(state.parent)}
        </button>
      )}
    </header>
  );
}

interface TransitionEntryProps {
  readonly transition: ChartTransition;
  /** The state that was chosen. */
  readonly from: string | undefined;
  readonly onPick: (pick: Pick) => void;
}

function TransitionEntry({ transition, from, onPick }: TransitionEntryProps) {
  const target = transition.targets[0];
  return (
    <div class="entry">
      <button type="button" class="link name" onClick={() => onPick({ kind: 'transitions', ids: [transition.id] })}>
        {transition.event ?? 'always'} <span class="guard">{guardText(transition)}</span>
      </button>
      <p>{transition.description}</p>
      <p class="mono">
        {from === undefined || from === transition.source ? '' : `from ${shortState(transition.source)} `}
        {target === undefined ? 'stays' : `→ ${shortState(target)}`}
        {transition.actions.length === 0 ? '' : ` / ${actionsText(transition.actions)}`}
      </p>
      <p class="mono">{transition.rules.join(' ')}</p>
    </div>
  );
}

function Rules({ book, ids }: { readonly book: ChartBook; readonly ids: readonly string[] }) {
  if (ids.length === 0) return null;
  return (
    <section>
      <h3>Rules</h3>
      <dl>
        {ids.map((id) => {
          const rule = book.rules[id];
          return (
            <div class="rule" key={id}>
              <dt>{id}</dt>
              <dd>
                {rule?.text ?? 'This rule has no text in docs/rules.md.'}
                <details class="tests">
                  <summary>{`Tests: ${rule?.tests.length ?? 0} files`}</summary>
                  {rule?.tests.map((test) => (
                    <div key={test}>test/{test}</div>
                  ))}
                </details>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function Lives({ chart, pick, lives, onLife }: Pick_<'chart' | 'lives' | 'onLife'> & { readonly pick: Pick }) {
  const inside = new Set(
    pick.kind === 'state'
      ? chart.chart.states.map(({ id }) => id).filter((id) => `${id}.`.startsWith(`${pick.id}.`))
      : [],
  );
  const own = lives.filter((life) => life.chart === chart.id);
  const { lives: found, count } = livesThrough(own, pick, inside, MOST_LIVES);
  if (own.length === 0) return null;
  return (
    <section>
      <h3>
        Paths ({count} of {own.length})
      </h3>
      <div class="list-buttons">
        {found.map((life) => (
          <button key={life.id} type="button" class="link" onClick={() => onLife(life)}>
            {life.name}
          </button>
        ))}
      </div>
      {count > found.length ? <p class="quiet">and {count - found.length} more</p> : null}
    </section>
  );
}

type Pick_<Keys extends keyof DetailsProps> = { readonly [Key in Keys]: DetailsProps[Key] };
