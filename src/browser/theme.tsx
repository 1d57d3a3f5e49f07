/**
 * Light or dark: as the system says, until the viewer chooses.
 */
import { signal } from '@preact/signals';
import { Icon } from './icon.js';

type Theme = 'light' | 'dark';
const KEY = 'fillchart-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

const chosen = signal<Theme | undefined>(remembered());
const theme = signal<Theme>(chosen.value ?? systemTheme());

export function beginTheme(): void {
  apply();
  system.addEventListener('change', () => {
    if (chosen.value === undefined) theme.value = systemTheme();
    apply();
  });
}

function systemTheme(): Theme {
  return system.matches ? 'dark' : 'light';
}

function apply(): void {
  document.documentElement.dataset['theme'] = theme.value;
}

/** A page from disk may have no storage. */
function remembered(): Theme | undefined {
  try {
    const known = localStorage.getItem(KEY);
    return known === 'light' || known === 'dark' ? known : undefined;
  } catch {
    return undefined;
  }
}

function choose(next: Theme): void {
  chosen.value = next;
  theme.value = next;
  apply();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It lasts as long as the page.
  }
}

export function ThemeButton() {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="button icon"
      aria-label={`Switch to ${next} colours`}
      title={`Switch to ${next} colours`}
      onClick={() => choose(next)}
    >
      <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}
