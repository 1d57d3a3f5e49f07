/**
 * A chart in a window, with its levels and its tools.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type BookChart, LEVELS, type Level } from '../../charts/interactive/book.js';
import { Canvas } from './canvas.js';
import type { Lit } from './lit.js';
import type { Pick } from './pick.js';

interface ChartViewProps {
  readonly chart: BookChart;
  /** What stands before the tools, above the picture. */
  readonly head: ComponentChildren;
  readonly level: Level;
  readonly onLevel: (level: Level) => void;
  readonly lit: Lit;
  /** The life goes on: what is active is marked as alive. */
  readonly isLive: boolean;
  readonly pick: Pick | undefined;
  readonly onPick: (pick: Pick | undefined) => void;
  readonly onOpen: (pick: Pick) => void;
}

export function ChartView({ chart, head, level, onLevel, lit, isLive, pick, onPick, onOpen }: ChartViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<Canvas>(null);
  const events = useRef({ onPick, onOpen });
  events.current = { onPick, onOpen };
  // Before the frame is drawn: the picture never shows another step than the words beside it.
  useLayoutEffect(() => {
    if (host.current === null) return;
    const made = new Canvas(host.current, {
      onPick: (found) => events.current.onPick(found),
      onOpen: (found) => events.current.onOpen(found),
    });
    canvas.current = made;
    return () => made.destroy();
  }, []);
  const picture = chart.pictures[level] ?? '';
  useLayoutEffect(() => canvas.current?.show(picture, `Statechart ${chart.id}, ${level}`), [picture]);
  useLayoutEffect(() => canvas.current?.light(lit, isLive), [picture, lit, isLive]);
  useLayoutEffect(() => canvas.current?.select(pick), [picture, pick]);
  return (
    <>
      <div class="panel-head">
        {head}
        <span class="spacer" />
        <ChartTools zoom={(factor) => canvas.current?.zoomBy(factor)} fit={() => canvas.current?.fit()} />
        <LevelSwitch chart={chart} level={level} onLevel={onLevel} />
      </div>
      <div class="chart-window">
        <div
          class="chart-picture"
          ref={host}
          tabIndex={0}
          role="application"
          aria-label={`${chart.id} chart: arrow keys move, plus and minus zoom, 0 shows all, Tab goes from state to state, Enter opens details`}
        />
      </div>
    </>
  );
}

interface ChartToolsProps {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
}

function ChartTools({ zoom, fit }: ChartToolsProps) {
  return (
    <fieldset class="segments" aria-label="Zoom">
      <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)}>
        −
      </button>
      <button type="button" aria-label="Fit the whole chart" onClick={fit}>
        Fit
      </button>
      <button type="button" aria-label="Zoom in" onClick={() => zoom(ZOOM_STEP)}>
        +
      </button>
    </fieldset>
  );
}

const ZOOM_STEP = 1.25;
const LEVEL_NAMES: Readonly<Record<Level, string>> = { map: 'Map', overview: 'Overview', detail: 'Detail' };

interface LevelSwitchProps {
  readonly chart: BookChart;
  readonly level: Level;
  readonly onLevel: (level: Level) => void;
}

function LevelSwitch({ chart, level, onLevel }: LevelSwitchProps) {
  return (
    <fieldset class="segments" aria-label="Level of the chart">
      {LEVELS.filter((one) => chart.pictures[one] !== undefined).map((one) => (
        <button key={one} type="button" aria-pressed={one === level} onClick={() => onLevel(one)}>
          {LEVEL_NAMES[one]}
        </button>
      ))}
    </fieldset>
  );
}

/** The level that is wanted, or the nearest that is drawn. */
export const drawnLevel = (chart: BookChart, wanted: Level): Level =>
  [wanted, ...LEVELS].find((level) => chart.pictures[level] !== undefined) ?? 'overview';

/** Where the chart stands, as text that is read out when it changes. */
export function Crumbs({ state, label }: { readonly state: string; readonly label: string }) {
  return (
    <ol class="crumbs" aria-live="polite" aria-label={label}>
      {state.split('.').map((part) => (
        <li key={part}>{part}</li>
      ))}
    </ol>
  );
}
