/**
 * Figures from samples: the middle, the ends, quantiles, and how a figure grows.
 */

/** The value below which the share `share` of the samples lies. */
export function quantile(samples, share) {
  if (samples.length === 0) return Number.NaN;
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (samples) => {
  const sorted = Float64Array.from(samples).sort();
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Middle and ends of a figure that was measured several times. */
export const figure = (samples) => ({
  median: median(samples),
  least: Math.min(...samples),
  most: Math.max(...samples),
  samples: [...samples],
});

/**
 * The exponent k of `figure ≈ c · size^k`: the slope of a straight line through the logarithms, by least squares. 1 is
 * linear, 0 does not grow.
 */
export function growthExponent(points) {
  const logs = points.map(([size, value]) => [Math.log(size), Math.log(Math.max(value, Number.EPSILON))]);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
}
