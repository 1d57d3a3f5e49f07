/**
 * The window through which a picture is seen: pan, zoom and fit, as pure sums.
 *
 * 1. A view is a rectangle in the picture's own units, of the shape of the window.
 * 2. Some of the picture is always in view, and it is never smaller or larger than can be of use.
 */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Window pixels per unit of the picture. */
export const LARGEST_SCALE = 4;
const LARGEST_FIT = 3.2;
/** Px around the whole picture. */
export const MARGIN = 8;
/** Share of the window that always shows some of the picture. */
const KEPT = 0.15;

export const scaleOf = (view: Box, window: Size): number => (view.width === 0 ? 1 : window.width / view.width);

/** The whole picture, in the middle. */
export function fitted(picture: Box, window: Size): Box {
  const room = { width: Math.max(1, window.width - 2 * MARGIN), height: Math.max(1, window.height - 2 * MARGIN) };
  const scale = Math.min(room.width / picture.width, room.height / picture.height, LARGEST_FIT);
  return centredOn(picture.x + picture.width / 2, picture.y + picture.height / 2, scale, window);
}

/** The width of the picture, from its top: where the whole would be too small to read. */
export function fittedToWidth(picture: Box, window: Size, leastScale: number): Box {
  const whole = fitted(picture, window);
  const scale = scaleOf(whole, window);
  if (scale >= leastScale) return whole;
  const wide = Math.min(leastScale, Math.max(scale, (window.width - 2 * MARGIN) / picture.width));
  const view = centredOn(picture.x + picture.width / 2, picture.y, wide, window);
  return { ...view, y: picture.y - MARGIN / wide };
}

function centredOn(x: number, y: number, scale: number, window: Size): Box {
  const width = window.width / scale;
  const height = window.height / scale;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

/** Zoomed about a point of the window, in pixels from its left top. */
export function zoomed(view: Box, factor: number, at: { x: number; y: number }, picture: Box, window: Size): Box {
  const scale = scaleOf(view, window);
  const least = Math.min(scaleOf(fitted(picture, window), window), 1) * 0.8;
  const next = Math.min(LARGEST_SCALE, Math.max(least, scale * factor));
  const point = { x: view.x + at.x / scale, y: view.y + at.y / scale };
  const moved = { x: point.x - at.x / next, y: point.y - at.y / next, ...shape(window, next) };
  return kept(moved, picture);
}

const shape = (window: Size, scale: number): Size => ({ width: window.width / scale, height: window.height / scale });

/** Moved by pixels of the window: the picture follows the hand. */
export function panned(view: Box, dx: number, dy: number, picture: Box, window: Size): Box {
  const scale = scaleOf(view, window);
  return kept({ ...view, x: view.x - dx / scale, y: view.y - dy / scale }, picture);
}

function kept(view: Box, picture: Box): Box {
  const clamp = (at: number, size: number, from: number, extent: number) =>
    Math.min(from + extent - size * KEPT, Math.max(from - size * (1 - KEPT), at));
  return {
    ...view,
    x: clamp(view.x, view.width, picture.x, picture.width),
    y: clamp(view.y, view.height, picture.y, picture.height),
  };
}

/** Whether a part of the picture is in view, with some room around it. */
export function isInView(part: Box, view: Box): boolean {
  const room = Math.min(view.width, view.height) * 0.04;
  return (
    part.x >= view.x + room &&
    part.y >= view.y + room &&
    part.x + part.width <= view.x + view.width - room &&
    part.y + part.height <= view.y + view.height - room
  );
}

/** Whether nothing of the picture is outside the view. */
export const showsAll = (picture: Box, view: Box): boolean =>
  picture.x >= view.x &&
  picture.y >= view.y &&
  picture.x + picture.width <= view.x + view.width &&
  picture.y + picture.height <= view.y + view.height;

/** The same scale, or a readable one, with the part in the middle, or as near to it as leaves no room unused. */
export function focused(part: Box, view: Box, picture: Box, window: Size, leastScale: number): Box {
  const scale = Math.max(scaleOf(view, window), leastScale);
  const centred = centredOn(part.x + part.width / 2, part.y + part.height / 2, scale, window);
  const margin = MARGIN / scale;
  const within = (at: number, size: number, from: number, extent: number): number =>
    size >= extent + 2 * margin
      ? from + (extent - size) / 2
      : Math.min(from + extent + margin - size, Math.max(from - margin, at));
  return {
    ...centred,
    x: within(centred.x, centred.width, picture.x, picture.width),
    y: within(centred.y, centred.height, picture.y, picture.height),
  };
}

/** How much smaller than readable the text may be for the way and its end to be seen together. */
const LEAST_SHARE = 0.45;

/**
 * The active part in the middle, with the way that led there: smaller than readable where that shows both, and the part alone
 * where the way is too long.
 */
export function focusedWithWay(
  part: Box,
  way: readonly Box[],
  place: { readonly view: Box; readonly picture: Box; readonly window: Size; readonly readable: number },
): Box {
  const { view, picture, window, readable } = place;
  const both = around([part, ...way]);
  const scale = Math.min(readable, scaleOf(fitted(both, window), window) * WAY_SHARE);
  if (scale < readable * LEAST_SHARE) return focused(part, view, picture, window, readable);
  return focused(both, centredOn(0, 0, scale, window), picture, window, 0);
}

/** The way and its end fill this much of the window at most: what is around them tells where they are. */
const WAY_SHARE = 0.92;

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

/** Between two views, `share` from 0 to 1. */
export function between(from: Box, to: Box, share: number): Box {
  const eased = share < 0.5 ? 2 * share * share : 1 - (-2 * share + 2) ** 2 / 2;
  const mix = (a: number, b: number) => a + (b - a) * eased;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    width: mix(from.width, to.width),
    height: mix(from.height, to.height),
  };
}
