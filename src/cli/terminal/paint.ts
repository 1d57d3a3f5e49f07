/**
 * Colours, by what they mean.
 *
 * 1. `NO_COLOR` (not empty) always wins; then `FORCE_COLOR`; else colours are for terminals that are not `dumb`.
 * 2. Nothing is said by colour alone.
 */
import type { Environment, TextSink } from '../world.js';

export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'info' | 'halted';

export type Paint = (tone: Tone, text: string) => string;

const CODES: Record<Exclude<Tone, 'plain'>, string> = {
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '31',
  info: '36',
  halted: '35',
};

export const painter =
  (isColoured: boolean): Paint =>
  (tone, text) =>
    !isColoured || tone === 'plain' || text === '' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`;

export function wantsColour({ isTTY }: TextSink, env: Environment): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return isTTY === true && env['TERM'] !== 'dumb';
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
