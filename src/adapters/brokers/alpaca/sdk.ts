/** Alpaca's official library: an optional peer, loaded when it is first needed. */
import { FillchartError } from '../../../domain/reasons.js';

export type AlpacaSdk = typeof import('@alpacahq/alpaca-trade-api');

/** The version that this adapter is tested with. */
export const SDK_VERSION = '4.0.2';

/**
 * A loader that loads once.
 *
 * @throws {FillchartError} `INVALID_OPTION`, saying what to install
 */
export function sdkLoader(
  load: () => Promise<AlpacaSdk> = () => import('@alpacahq/alpaca-trade-api'),
): () => Promise<AlpacaSdk> {
  let loaded: Promise<AlpacaSdk> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw new FillchartError('INVALID_OPTION', sentence(error));
    });
    return loaded;
  };
}

const sentence = (error: unknown): string => {
  const code = (error as { code?: unknown } | undefined)?.code;
  const problem = code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : 'cannot be loaded';
  return `The Alpaca library ${problem}; run: npm install @alpacahq/alpaca-trade-api@${SDK_VERSION}`;
};
