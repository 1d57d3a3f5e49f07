/**
 * A kill switch in words: which, since when, by whom, why, and how it is released.
 */
import type { SwitchView } from '../../domain/kill-switch.js';
import { shownTime } from '../audit/shown-time.js';
import { type JournalPlace, releaseCommand } from './shell-command.js';

export const switchName = ({ type, target }: Pick<SwitchView, 'type' | 'target'>): string =>
  target === undefined ? type : `${type} ${target}`;

/** "GLOBAL is ACTIVE since 2026-01-01 00:00:05.000 UTC, by operator: interrupted at the command line" */
export function switchSentence(one: SwitchView): string {
  const { type, target, state, since, by, reason } = one;
  const nothing = one.coversNothingKnown === true ? ' (it covers no symbol that broker or journal knows)' : '';
  const who = by === undefined ? '' : `, by ${by}`;
  return `${switchName({ type, ...(target !== undefined && { target }) })} is ${state} since ${shownTime(since)} UTC${who}: ${reason}${nothing}`;
}

/** The line below: a command, so it is never broken. */
export const releaseLine = (one: SwitchView, place: JournalPlace): string =>
  `    release it with: ${releaseCommand(one, place)}`;
