/**
 * Playing a life: which step is shown, and when the next one is due. Pure; whoever plays it holds the timer.
 */
import type { Life } from '../../charts/interactive/life.js';

export interface Playback {
  /** Steps shown, from 0 to all. */
  readonly count: number;
  readonly isPlaying: boolean;
  readonly speed: number;
}

export const SPEEDS = [0.5, 1, 2, 5] as const;

export type PlaybackAction =
  | { readonly type: 'play' | 'pause' | 'next' | 'previous' | 'first' | 'last' | 'tick' }
  | { readonly type: 'seek'; readonly count: number }
  | { readonly type: 'speed'; readonly speed: number };

export const newPlayback = (count = 0): Playback => ({ count, isPlaying: false, speed: 1 });

/** @param length steps of the life */
export function played(state: Playback, action: PlaybackAction, length: number): Playback {
  const to = (count: number): Playback => ({
    ...state,
    count: Math.min(length, Math.max(0, count)),
    isPlaying: false,
  });
  switch (action.type) {
    case 'play':
      return { ...state, isPlaying: length > 0, count: state.count >= length ? 0 : state.count };
    case 'pause':
      return { ...state, isPlaying: false };
    case 'next':
      return to(state.count + 1);
    case 'previous':
      return to(state.count - 1);
    case 'first':
      return to(0);
    case 'last':
      return to(length);
    case 'seek':
      return to(action.count);
    case 'speed':
      return { ...state, speed: action.speed };
    case 'tick': {
      if (!state.isPlaying) return state;
      const count = Math.min(length, state.count + 1);
      return { ...state, count, isPlaying: count < length };
    }
  }
}

const SHORTEST_MS = 450;
const LONGEST_MS = 1_600;

/** How long the step that is shown stays, when played: as long as it really took, within what is pleasant to watch. */
export function waitMs(life: Life, { count, speed }: Playback): number {
  const before = life.steps[count - 1]?.atMs ?? 0;
  const next = life.steps[count]?.atMs ?? before;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, next - before)) / speed;
}
