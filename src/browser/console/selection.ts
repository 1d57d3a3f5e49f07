/**
 * The execution that is looked at: its life, kept up to date while it goes on, and which moment of it is shown.
 *
 * 1. The newest moment is followed until the viewer goes back; then the shown moment stays where it is.
 * 2. One question for the life at a time, at most one more waits: a burst of facts asks twice, not a hundred times.
 */
import { computed, effect, signal } from '@preact/signals';
import type { ChartBook, Level } from '../../charts/interactive/book.js';
import type { Life } from '../../charts/interactive/life.js';
import type { Pick } from '../chart/pick.js';
import { newPlayback, type PlaybackAction, played } from '../chart/playback.js';
import { get, sentenceOf } from './api.js';
import { onAudit, state } from './store.js';

export const book = signal<ChartBook | undefined>(undefined);
export const selected = signal<string | undefined>(fromHash());
export const lives = signal<readonly Life[]>([]);
export const lifeProblem = signal('');
export const chartId = signal('execution');
export const level = signal<Level>('map');
export const pick = signal<Pick | undefined>(undefined);
export const playback = signal(newPlayback());
export const follows = signal(true);

export const execution = computed(() =>
  selected.value === undefined ? undefined : state.value.executions.get(selected.value),
);
export const life = computed(() => lives.value.find(({ chart }) => chart === chartId.value) ?? lives.value[0]);
/** Steps shown. */
export const count = computed(() =>
  follows.value ? (life.value?.steps.length ?? 0) : Math.min(playback.value.count, life.value?.steps.length ?? 0),
);

const WAIT_MS = 60;
let isAsking = false;
let isWanted = false;

export function select(key: string | undefined): void {
  if (key === selected.value) return;
  selected.value = key;
  lives.value = [];
  lifeProblem.value = '';
  chartId.value = 'execution';
  pick.value = undefined;
  follows.value = true;
  history.replaceState(null, '', key === undefined ? '#' : `#${encodeURIComponent(key)}`);
  ask();
}

function fromHash(): string | undefined {
  const text = decodeURIComponent(location.hash.slice(1));
  return text === '' ? undefined : text;
}

export function act(action: PlaybackAction): void {
  const length = life.value?.steps.length ?? 0;
  const from = { ...playback.value, count: count.value };
  playback.value = played(from, action, length);
  follows.value = false;
}

export function goLive(): void {
  playback.value = { ...playback.value, isPlaying: false };
  follows.value = true;
}

export function showChart(id: string): void {
  chartId.value = id;
  pick.value = undefined;
  goLive();
}

function ask(): void {
  isWanted = true;
  if (!isAsking) void answer();
}

async function answer(): Promise<void> {
  isAsking = true;
  while (isWanted) {
    isWanted = false;
    const key = selected.value;
    if (key === undefined) break;
    const [account = '', ...rest] = key.split(' ');
    try {
      const path = `v1/executions/${encodeURIComponent(rest.join(' '))}/life?account=${encodeURIComponent(account)}`;
      const found = await get<{ readonly lives: readonly Life[] }>(path);
      if (key === selected.value) [lives.value, lifeProblem.value] = [found.lives, ''];
    } catch (error) {
      if (key === selected.value) lifeProblem.value = sentenceOf(error);
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  isAsking = false;
}

/** Reads the charts, and keeps the life up to date from now on. */
export async function beginSelection(): Promise<void> {
  onAudit((key) => {
    if (key === selected.value) ask();
  });
  // After a gap the life may have gone on unheard.
  effect(() => {
    if (state.value.connection === 'live' && state.value.isComplete) ask();
  });
  const response = await fetch('chart-book.json');
  book.value = (await response.json()) as ChartBook;
}
