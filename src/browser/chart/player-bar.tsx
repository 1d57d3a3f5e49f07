/**
 * Plays a life: scrubber, steps, speed.
 */
import { useEffect } from 'preact/hooks';
import type { Life } from '../../charts/interactive/life.js';
import { Icon } from '../icon.js';
import { shownMs } from './life-view.js';
import { type Playback, type PlaybackAction, SPEEDS, waitMs } from './playback.js';

interface PlayerBarProps {
  readonly life: Life;
  readonly playback: Playback;
  readonly act: (action: PlaybackAction) => void;
}

export function PlayerBar({ life, playback, act }: PlayerBarProps) {
  const { count, isPlaying, speed } = playback;
  const length = life.steps.length;
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => act({ type: 'tick' }), waitMs(life, playback));
    return () => clearTimeout(timer);
  }, [isPlaying, count, speed, life]);
  const step = life.steps[count - 1];
  const shown = step === undefined ? 'before the first fact' : `${shownMs(step.atMs)} s, ${step.what}`;
  return (
    <fieldset class="player" aria-label="Player">
      <button
        type="button"
        class="button icon"
        aria-label="Previous step"
        disabled={count === 0}
        onClick={() => act({ type: 'previous' })}
      >
        ‹
      </button>
      <button
        type="button"
        class="button icon primary"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        onClick={() => act({ type: isPlaying ? 'pause' : 'play' })}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        class="button icon"
        aria-label="Next step"
        disabled={count >= length}
        onClick={() => act({ type: 'next' })}
      >
        ›
      </button>
      <input
        type="range"
        min={0}
        max={length}
        value={count}
        aria-label="Step"
        aria-valuetext={`Step ${count} of ${length}: ${shown}`}
        onInput={(event) => act({ type: 'seek', count: Number(event.currentTarget.value) })}
      />
      <span class="count">
        {count}/{length} {step === undefined ? '' : shownMs(step.atMs)}
      </span>
      <SpeedSelect speed={speed} act={act} />
    </fieldset>
  );
}

function SpeedSelect({ speed, act }: { readonly speed: number; readonly act: PlayerBarProps['act'] }) {
  return (
    <select
      class="input"
      aria-label="Speed"
      value={String(speed)}
      onChange={(event) => act({ type: 'speed', speed: Number(event.currentTarget.value) })}
    >
      {SPEEDS.map((one) => (
        <option key={one} value={String(one)}>
          {one}×
        </option>
      ))}
    </select>
  );
}
