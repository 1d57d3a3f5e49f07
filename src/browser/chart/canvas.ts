/**
 * A chart's picture in a window: drawn once, then only lit, moved and chosen.
 *
 * 1. States can be reached with Tab; arrows move the picture, + and − zoom, 0 shows all, Enter opens, Escape lets go.
 * 2. Nothing is told by colour alone: the active state is filled and marked, ways that were taken are thicker.
 * 3. It keeps no data: what is lit and chosen is told to it.
 */
import type { Lit } from './lit.js';
import type { Pick } from './pick.js';
import {
  type Box,
  between,
  fitted,
  fittedToWidth,
  focused,
  focusedWithWay,
  isInView,
  panned,
  type Size,
  scaleOf,
  showsAll,
  zoomed,
} from './viewport.js';

interface CanvasEvents {
  onPick(pick: Pick | undefined): void;
  /** Enter, or a double click: the details are wanted. */
  onOpen(pick: Pick): void;
}

const STEP_PX = 60;
const ZOOM_STEP = 1.25;
const MOVE_MS = 260;
/** A press that moves less is a click. */
const CLICK_PX = 4;
/** Text that is smaller on the screen cannot be read. */
const LEAST_TEXT_PX = 11;
/** A picture that is so little too large for its window is shown whole all the same. */
const ALMOST = 0.97;
const SVG = 'http://www.w3.org/2000/svg';

export class Canvas {
  readonly #host: HTMLElement;
  readonly #events: CanvasEvents;
  readonly #states = new Map<string, SVGGElement>();
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #size: ResizeObserver;
  #svg: SVGSVGElement | undefined;
  #picture: Box = { x: 0, y: 0, width: 1, height: 1 };
  #view: Box = this.#picture;
  #window: Size = { width: 1, height: 1 };
  /** Window pixels per unit at which its smallest text can be read. */
  #readable = 1;
  #travelled = 0;
  #frame = 0;
  #isFree = false;
  /** Nothing has been lit in this picture yet. */
  #isNew = true;

  constructor(host: HTMLElement, events: CanvasEvents) {
    this.#host = host;
    this.#events = events;
    host.addEventListener('pointerdown', this.#onDown);
    host.addEventListener('pointermove', this.#onMove);
    host.addEventListener('pointerup', this.#onUp);
    host.addEventListener('pointercancel', this.#onUp);
    host.addEventListener('wheel', this.#onWheel, { passive: false });
    host.addEventListener('keydown', this.#onKey);
    host.addEventListener('click', this.#onClick);
    host.addEventListener('dblclick', this.#onDoubleClick);
    host.addEventListener('focusin', this.#onFocus);
    this.#size = new ResizeObserver(() => this.#resize());
    this.#size.observe(host);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#size.disconnect();
  }

  /** Draws another picture. It is text of this package, never of a venue or an operator. */
  show(svgText: string, label: string): void {
    const parsed = new DOMParser().parseFromString(svgText, 'image/svg+xml').documentElement;
    const svg = document.importNode(parsed, true) as unknown as SVGSVGElement;
    svg.setAttribute('role', 'group');
    svg.setAttribute('aria-label', label);
    for (const title of svg.querySelectorAll(':scope > title, :scope > desc')) title.remove();
    this.#host.replaceChildren(svg);
    this.#svg = svg;
    this.#states.clear();
    for (const state of svg.querySelectorAll<SVGGElement>('g[data-state-id]')) this.#prepareState(state);
    for (const way of svg.querySelectorAll<SVGGElement>('g.way')) widen(way);
    const { x, y, width, height } = svg.getBBox();
    this.#picture = { x, y, width: Math.max(1, width), height: Math.max(1, height) };
    this.#readable = LEAST_TEXT_PX / smallestText(svg);
    this.#isFree = false;
    this.#isNew = true;
    this.#resize();
  }

  #prepareState(state: SVGGElement): void {
    const id = state.dataset['stateId'] ?? '';
    this.#states.set(id, state);
    if (state.classList.contains('root')) return;
    state.setAttribute('tabindex', '0');
    state.setAttribute('role', 'group');
    state.setAttribute('aria-roledescription', 'state');
    state.setAttribute('aria-label', `State ${id.slice(id.indexOf('.') + 1)}`);
  }

  light(lit: Lit, isLive: boolean): void {
    const svg = this.#svg;
    if (svg === undefined) return;
    svg.classList.toggle('is-lit', lit.active.length > 0);
    svg.classList.toggle('is-live', isLive);
    // The map has only the outer states: the innermost that is drawn stands for those inside it.
    const innermost = lit.active.findLast((id) => this.#states.has(id));
    for (const [id, state] of this.#states) {
      const isActive = id === innermost;
      state.classList.toggle('is-active', isActive);
      state.classList.toggle('is-inside', !isActive && lit.active.includes(id));
      state.classList.toggle('is-visited', lit.visited.has(id));
      mark(state, isActive);
      const name = id.slice(id.indexOf('.') + 1);
      const said = isActive ? ', active now' : lit.visited.has(id) ? ', passed' : '';
      if (state.hasAttribute('tabindex')) state.setAttribute('aria-label', `State ${name}${said}`);
    }
    const ending = lit.outcome ?? endingOf(innermost === undefined ? undefined : this.#states.get(innermost));
    for (const one of svg.querySelectorAll<SVGGElement>('g[data-outcome]'))
      one.classList.toggle('is-active', one.dataset['outcome'] === lit.outcome);
    for (const way of svg.querySelectorAll<SVGGElement>('[data-transition-ids]')) {
      const ids = idsOf(way);
      // The same transitions may lead to several endings; a life came to one of them.
      const isMissed = ending !== undefined && way.dataset['endings']?.split(' ').includes(ending) === false;
      const isIn = (some: ReadonlySet<string>): boolean => !isMissed && ids.some((id) => some.has(id));
      way.classList.toggle('is-taken', isIn(lit.taken));
      way.classList.toggle('is-last', isIn(lit.last));
      way.classList.toggle('is-possible', isIn(lit.possible));
    }
    for (const row of svg.querySelectorAll<SVGGElement>('[data-transition-id]')) {
      row.classList.toggle('is-taken', lit.taken.has(row.dataset['transitionId'] ?? ''));
    }
    if (this.#isNew) this.#showActive();
    else if (!this.#isFree) this.#follow(innermost);
    this.#isNew &&= lit.active.length === 0;
  }

  select(pick: Pick | undefined): void {
    const svg = this.#svg;
    if (svg === undefined) return;
    for (const [id, state] of this.#states)
      state.classList.toggle('is-picked', pick?.kind === 'state' && pick.id === id);
    const ids = new Set(pick?.kind === 'transitions' ? pick.ids : []);
    for (const way of svg.querySelectorAll<SVGGElement>('[data-transition-ids], [data-transition-id]'))
      way.classList.toggle(
        'is-picked',
        idsOf(way).some((id) => ids.has(id)),
      );
  }

  fit(): void {
    this.#isFree = false;
    this.#moveTo(fittedToWidth(this.#picture, this.#window, 0));
  }

  zoomBy(factor: number, at = { x: this.#window.width / 2, y: this.#window.height / 2 }): void {
    this.#isFree = true;
    this.#set(zoomed(this.#view, factor, at, this.#picture, this.#window));
  }

  /** Brings a state into view. */
  reveal(id: string): void {
    const box = this.#states.get(id)?.getBBox();
    if (box === undefined) return;
    this.#moveTo(focused(box, this.#view, this.#picture, this.#window, this.#readable));
  }

  #follow(id: string | undefined): void {
    const ending = this.#svg?.querySelector<SVGGElement>('g[data-outcome].is-active') ?? undefined;
    const box = (ending ?? (id === undefined ? undefined : this.#states.get(id)))?.getBBox();
    if (box === undefined || showsAll(this.#picture, this.#view) || isInView(box, this.#view)) return;
    this.#moveTo(this.#withWay(box));
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width === 0 || height === 0) return;
    const scale = scaleOf(this.#view, this.#window);
    const centre = { x: this.#view.x + this.#view.width / 2, y: this.#view.y + this.#view.height / 2 };
    this.#window = { width, height };
    if (this.#isFree) {
      this.#set({
        x: centre.x - width / scale / 2,
        y: centre.y - height / scale / 2,
        width: width / scale,
        height: height / scale,
      });
      return;
    }
    this.#set(
      this.#isWholeReadable()
        ? fitted(this.#picture, this.#window)
        : fittedToWidth(this.#picture, this.#window, this.#readable),
    );
    this.#showActive();
  }

  /** Where the whole would be too small to read, the place of the active state is shown. */
  #showActive(): void {
    // Within the frame of an end, the ending that was reached.
    const active =
      this.#svg?.querySelector<SVGGElement>('g[data-outcome].is-active') ??
      this.#svg?.querySelector<SVGGElement>('g[data-state-id].is-active');
    if (active == null) return;
    if (this.#isWholeReadable()) return;
    this.#set(this.#withWay(active.getBBox()));
  }

  #withWay(active: Box): Box {
    const ways = [...(this.#svg?.querySelectorAll<SVGGElement>('.way.is-last') ?? [])].map((way) => way.getBBox());
    const [view, picture, window, readable] = [this.#view, this.#picture, this.#window, this.#readable];
    return focusedWithWay(active, ways, { view, picture, window, readable });
  }

  #isWholeReadable(): boolean {
    return scaleOf(fitted(this.#picture, this.#window), this.#window) >= this.#readable * ALMOST;
  }

  #set(view: Box): void {
    cancelAnimationFrame(this.#frame);
    this.#view = view;
    this.#svg?.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
  }

  #moveTo(view: Box) {
    cancelAnimationFrame(this.#frame);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.#set(view);
    const from = this.#view;
    let began: number | undefined;
    const step = (now: number): void => {
      began ??= now;
      const share = Math.min(1, (now - began) / MOVE_MS);
      this.#set(between(from, view, share));
      if (share < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  readonly #onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#travelled = 0;
  };

  readonly #onMove = (event: PointerEvent) => {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    this.#travelled += Math.abs(dx) + Math.abs(dy);
    if (this.#travelled < CLICK_PX) return;
    this.#isFree = true;
    if (!this.#host.hasPointerCapture(event.pointerId)) this.#host.setPointerCapture(event.pointerId);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (other === undefined) return this.#set(panned(this.#view, dx, dy, this.#picture, this.#window));
    const apart = (a: { x: number; y: number }) => Math.hypot(a.x - other.x, a.y - other.y);
    const { left, top } = this.#host.getBoundingClientRect();
    const middle = { x: (event.clientX + other.x) / 2 - left, y: (event.clientY + other.y) / 2 - top };
    const factor = apart({ x: event.clientX, y: event.clientY }) / Math.max(1, apart(before));
    this.#set(zoomed(this.#view, factor, middle, this.#picture, this.#window));
  };

  readonly #onUp = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
  };

  readonly #onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { left, top } = this.#host.getBoundingClientRect();
    if (event.shiftKey) return this.#pan(-event.deltaY, 0);
    this.zoomBy(Math.exp(-event.deltaY / 500), { x: event.clientX - left, y: event.clientY - top });
  };

  #pan(dx: number, dy: number): void {
    this.#isFree = true;
    this.#set(panned(this.#view, dx, dy, this.#picture, this.#window));
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#pan(STEP_PX, 0),
      ArrowRight: () => this.#pan(-STEP_PX, 0),
      ArrowUp: () => this.#pan(0, STEP_PX),
      ArrowDown: () => this.#pan(0, -STEP_PX),
      '+': () => this.zoomBy(ZOOM_STEP),
      '=': () => this.zoomBy(ZOOM_STEP),
      '-': () => this.zoomBy(1 / ZOOM_STEP),
      '0': () => this.fit(),
      Escape: () => this.#events.onPick(undefined),
      Enter: () => this.#open(event.target),
      ' ': () => this.#open(event.target),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  #open(target: EventTarget | null): void {
    const pick = pickOf(target);
    if (pick !== undefined) this.#events.onOpen(pick);
  }

  readonly #onClick = (event: MouseEvent): void => {
    if (this.#travelled >= CLICK_PX) return;
    this.#events.onPick(pickOf(event.target));
  };

  readonly #onDoubleClick = (event: MouseEvent): void => this.#open(event.target);

  readonly #onFocus = (event: FocusEvent): void => {
    const target = event.target;
    if (!(target instanceof Element) || !target.matches(':focus-visible')) return;
    const state = target.closest<SVGGElement>('g[data-state-id]');
    if (state !== null && !isInView(state.getBBox(), this.#view)) this.reveal(state.dataset['stateId'] ?? '');
  };
}

const idsOf = ({ dataset }: SVGGElement): readonly string[] =>
  (dataset['transitionIds'] ?? dataset['transitionId'] ?? '').split(' ');

function pickOf(target: EventTarget | null): Pick | undefined {
  if (!(target instanceof Element)) return undefined;
  const found = target.closest<SVGGElement>('[data-transition-id], [data-transition-ids], g.state[data-state-id]');
  if (found === null) return undefined;
  const state = found.dataset['stateId'];
  return state === undefined ? { kind: 'transitions', ids: idsOf(found) } : { kind: 'state', id: state };
}

/** The name of an ending that is a state of its own. */
function endingOf(state: SVGGElement | undefined): string | undefined {
  if (state?.classList.contains('ending') !== true) return undefined;
  return state.dataset['stateId']?.split('.').at(-1);
}

/** The size of the smallest text that is drawn, in units of the picture. */
function smallestText(svg: SVGSVGElement): number {
  const sizes = [...svg.querySelectorAll('g text')].map((text) => Number.parseFloat(getComputedStyle(text).fontSize));
  const known = sizes.filter((size) => size > 0);
  return known.length === 0 ? LEAST_TEXT_PX : Math.min(...known);
}

/** A thin line is hard to hit: an unseen wide one lies over it. */
function widen(way: SVGGElement): void {
  const line = way.querySelector('path');
  if (line === null) return;
  const wide = document.createElementNS(SVG, 'path');
  wide.setAttribute('class', 'reach');
  wide.setAttribute('d', line.getAttribute('d') ?? '');
  way.append(wide);
}

/** The sign of the active state beside its colour. */
function mark(state: SVGGElement, isActive: boolean): void {
  const known = state.querySelector(':scope > .now');
  if (!isActive) known?.remove();
  if (!isActive || known !== null) return;
  const box = state.querySelector<SVGRectElement>(':scope > .box');
  if (box === null) return;
  const dot = document.createElementNS(SVG, 'circle');
  dot.setAttribute('class', 'now');
  dot.setAttribute('cx', String(box.x.baseVal.value));
  dot.setAttribute('cy', String(box.y.baseVal.value + box.height.baseVal.value / 2));
  dot.setAttribute('r', '5');
  state.append(dot);
}
