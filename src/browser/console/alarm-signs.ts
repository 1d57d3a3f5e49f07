/**
 * The signs of an alarm beside the page: its title, its icon, and a sound for whoever wants one.
 */
import { effect, signal } from '@preact/signals';
import { iconOf, newlyUrgent, titleOf } from './alarms.js';
import { alarms, state } from './store.js';

const KEY = 'fillchart-sound';
export const isSoundOn = signal(localStorage.getItem(KEY) === 'on');
let audio: AudioContext | undefined;
let before: ReadonlySet<string> = new Set();

const COLOURS = { calm: '#1d4ed8', warning: '#b45309', urgent: '#be123c' } as const;

export function toggleSound(): void {
  isSoundOn.value = !isSoundOn.value;
  localStorage.setItem(KEY, isSoundOn.value ? 'on' : 'off');
  // The press of the button is what lets the page make sounds: it hears at once that it works.
  if (isSoundOn.value) sound();
}

/** Two short tones. */
function sound(): void {
  audio ??= new AudioContext();
  const context = audio;
  for (const [index, frequency] of [880, 660].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + index * 0.22;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}

function drawIcon(kind: keyof typeof COLOURS): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link === null || link.dataset['kind'] === kind) return;
  link.dataset['kind'] = kind;
  const mark =
    kind === 'calm'
      ? '<rect x="13" y="17" width="15" height="11" rx="3" fill="#fff"/><rect x="4" y="4" width="13" height="10" rx="3" fill="none" stroke="#fff" stroke-width="2.5"/>'
      : '<rect x="14" y="5" width="4" height="14" fill="#fff"/><circle cx="16" cy="25" r="2.6" fill="#fff"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${COLOURS[kind]}"/>${mark}</svg>`;
  link.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function beginAlarmSigns(): void {
  effect(() => {
    const all = alarms.value;
    const inFlight = [...state.value.executions.values()].filter(({ group }) => group === 'in_flight').length;
    document.title = titleOf(all, inFlight);
    drawIcon(iconOf(all));
    if (isSoundOn.value && newlyUrgent(before, all).length > 0) sound();
    before = new Set(all.map(({ key }) => key));
  });
}
