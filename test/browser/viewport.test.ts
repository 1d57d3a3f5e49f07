/**
 * The sums of pan, zoom and fit.
 */
import { describe, expect, it } from 'vitest';
import {
  type Box,
  between,
  fitted,
  fittedToWidth,
  focused,
  focusedWithWay,
  isInView,
  LARGEST_SCALE,
  MARGIN,
  panned,
  scaleOf,
  showsAll,
  zoomed,
} from '../../src/browser/chart/viewport.js';

const picture: Box = { x: 10, y: 20, width: 2_000, height: 1_000 };
const window = { width: 800, height: 600 };
const middle = { x: 400, y: 300 };

describe('the window of a chart', () => {
  it('fits the whole picture, in its middle', () => {
    const view = fitted(picture, window);
    expect(view.x).toBeLessThan(picture.x);
    expect(view.x + view.width).toBeGreaterThan(picture.x + picture.width);
    expect(view.x + view.width / 2).toBeCloseTo(1_010);
    expect(view.y + view.height / 2).toBeCloseTo(520);
  });

  it('shows a picture that would be too small from its top, wider', () => {
    const tall: Box = { x: 0, y: 0, width: 700, height: 7_000 };
    expect(scaleOf(fitted(tall, window), window)).toBeLessThan(0.1);
    const view = fittedToWidth(tall, window, 0.6);
    expect(scaleOf(view, window)).toBeCloseTo(0.6);
    expect(view.y).toBeLessThan(0);
    expect(isInView({ x: 300, y: 40, width: 100, height: 40 }, view)).toBe(true);
  });

  it('zooms about a point that stays where it is, and no further than is of use', () => {
    const view = fitted(picture, window);
    const at = { x: 100, y: 200 };
    const next = zoomed(view, 2, at, picture, window);
    const point = (of: Box) => ({
      x: of.x + at.x / scaleOf(of, window),
      y: of.y + at.y / scaleOf(of, window),
    });
    expect(point(next).x).toBeCloseTo(point(view).x);
    expect(point(next).y).toBeCloseTo(point(view).y);
    expect(scaleOf(zoomed(view, 1_000, middle, picture, window), window)).toBe(LARGEST_SCALE);
    const least = zoomed(view, 0.000_1, middle, picture, window);
    expect(scaleOf(least, window)).toBeGreaterThan(scaleOf(view, window) / 2);
  });

  it('moves with the hand, and never loses the picture', () => {
    const view = fitted(picture, window);
    expect(panned(view, 40, 0, picture, window).x).toBeCloseTo(view.x - 40 / scaleOf(view, window));
    for (const [dx, dy] of [
      [1e6, 1e6],
      [-1e6, -1e6],
    ] as const) {
      const far = panned(view, dx, dy, picture, window);
      expect(far.x < picture.x + picture.width && far.x + far.width > picture.x).toBe(true);
      expect(far.y < picture.y + picture.height && far.y + far.height > picture.y).toBe(true);
    }
  });

  it('brings a part into the middle at a scale that can be read', () => {
    const part: Box = { x: 1_900, y: 900, width: 60, height: 20 };
    const view = focused(part, fitted(picture, window), picture, window, 0.7);
    expect(scaleOf(view, window)).toBe(0.7);
    expect(isInView(part, view)).toBe(true);
    expect(isInView({ ...part, x: 0 }, view)).toBe(false);
  });

  it('a part at the edge of the picture leaves no empty room beyond it, and a small picture stays in the middle', () => {
    const last: Box = { x: 1_000, y: 1_000, width: 60, height: 20 };
    const view = focused(last, fitted(picture, window), picture, window, 0.9);
    expect(view.y + view.height).toBeCloseTo(picture.y + picture.height + MARGIN / 0.9);
    const small: Box = { x: 0, y: 0, width: 100, height: 50 };
    const whole = focused({ ...small, width: 10 }, fitted(small, window), small, window, 0);
    expect(whole.x + whole.width / 2).toBeCloseTo(50);
    expect(showsAll(small, whole)).toBe(true);
    expect(showsAll(picture, view)).toBe(false);
  });

  describe('a part with the way that led to it', () => {
    const part: Box = { x: 1_900, y: 900, width: 60, height: 20 };
    const place = { view: fitted(picture, window), picture, window, readable: 1.2 };

    it('shows both, readable where they fit', () => {
      const near: Box = { x: 1_700, y: 700, width: 230, height: 200 };
      const view = focusedWithWay(part, [near], place);
      expect(scaleOf(view, window)).toBeCloseTo(1.2);
      expect(isInView(part, view) && showsAll(near, view)).toBe(true);
    });

    it('is smaller, down to a bound, where the way is long', () => {
      const long: Box = { x: 900, y: 850, width: 1_030, height: 50 };
      const view = focusedWithWay(part, [long], place);
      expect(scaleOf(view, window)).toBeLessThan(1);
      expect(showsAll(part, view) && showsAll(long, view)).toBe(true);
    });

    it('lets go of a way that is too long, or that is none', () => {
      const across: Box = { x: 20, y: 30, width: 1_910, height: 870 };
      const alone = focused(part, place.view, picture, window, 1.2);
      expect(focusedWithWay(part, [across], place)).toEqual(alone);
      expect(focusedWithWay(part, [], place)).toEqual(alone);
    });
  });

  it('goes from one view to another and arrives', () => {
    const to = zoomed(fitted(picture, window), 3, middle, picture, window);
    expect(between(picture, to, 0)).toEqual(picture);
    expect(between(picture, to, 1)).toEqual(to);
  });
});
