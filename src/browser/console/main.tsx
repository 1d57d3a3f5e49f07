/**
 * The first module of the console.
 */
import { render } from 'preact';
import { beginTheme } from '../theme.js';
import { beginAlarmSigns } from './alarm-signs.js';
import { App, beginWithFirst } from './app.js';
import { beginSelection } from './selection.js';
import { begin, tick } from './store.js';

const TICK_MS = 100;

beginTheme();
beginAlarmSigns();
beginWithFirst();
void beginSelection();
void begin();
setInterval(() => {
  if (!document.hidden) tick.value += 1;
}, TICK_MS);
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
