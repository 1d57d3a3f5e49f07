/**
 * The lives that can be played, with a search.
 */
import { useState } from 'preact/hooks';
import type { Life } from '../../charts/interactive/life.js';

/** What a replay came to, in words; a verdict of a later version is shown as it is. */
const VERDICTS: Readonly<Record<string, string>> = {
  equal: 'same result as recorded',
  different: 'result differs from the recorded one',
  unfinished: 'no result yet',
  unrecorded: 'no result recorded',
};

/** From so many on, a list is worth a search. */
export const MANY_LIVES = 8;

interface LifeListProps {
  readonly lives: readonly Life[];
  readonly chosen: Life | undefined;
  readonly onChoose: (life: Life | undefined) => void;
}

export function LifeList({ lives, chosen, onChoose }: LifeListProps) {
  const [search, setSearch] = useState('');
  const wanted = search.toLowerCase();
  const found = lives.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <nav class="panel lives" aria-label="Lives">
      <div class="panel-head">
        <h2>{lives[0]?.source === 'journal' ? 'Lives' : `Paths (${found.length})`}</h2>
        {lives.length < MANY_LIVES ? null : (
          <input
            class="input"
            type="search"
            placeholder="Search"
            aria-label="Search in the names"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        )}
      </div>
      <ul class="scroll">
        {chosen === undefined || chosen.source === 'journal' ? null : (
          <li>
            <button type="button" class="life-row" onClick={() => onChoose(undefined)}>
              <span class="quiet">Show the chart alone</span>
            </button>
          </li>
        )}
        {found.map((life) => (
          <li key={life.id}>
            <button
              type="button"
              class="life-row"
              aria-current={life.id === chosen?.id ? 'true' : undefined}
              onClick={() => onChoose(life)}
            >
              <span>{life.name}</span>
              <span class="quiet mono">
                {life.steps.length === 1 ? '1 fact' : `${life.steps.length} facts`}
                {life.verdict === undefined ? '' : ` · ${VERDICTS[life.verdict] ?? life.verdict}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
