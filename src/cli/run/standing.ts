/**
 * What stands against the advisories before the first one starts: switches that the journal holds, and a journal that is not
 * what was written.
 */

import type { SwitchView } from '../../domain/kill-switch.js';
import { sentence } from '../../domain/reading.js';
import type { Engine } from '../../engine/engine.js';
import { type JournalPlace, placeOf } from '../journal-admin/shell-command.js';
import { releaseLine, switchSentence } from '../journal-admin/switch-text.js';
import type { Tone } from '../terminal/paint.js';
import type { CliWorld } from '../world.js';
import type { OpenedJournal } from './journals.js';

export interface Standing {
  readonly tone: Tone;
  readonly sentence: string;
  /** The command that helps, as a line of its own. */
  readonly command?: string;
}

/** The journal's file, where its switches can be released in it; a journal that was changed is not written to. */
export function releasableIn(
  { killSwitch }: Engine,
  { path, isSound }: OpenedJournal,
  world: Pick<CliWorld, 'program' | 'shellPath'>,
): JournalPlace | undefined {
  const isSuspect = killSwitch.switches.some(isOwnStop);
  return path === undefined || (isSuspect && !isSound()) ? undefined : placeOf(world, path);
}

export function standing(
  engine: Engine,
  journal: OpenedJournal,
  world: Pick<CliWorld, 'program' | 'shellPath'>,
): readonly Standing[] {
  const { path } = journal;
  const active = engine.killSwitch.switches.filter(({ state }) => state === 'ACTIVE');
  if (path === undefined || active.length === 0) return [];
  const releasable = releasableIn(engine, journal, world);
  return active.map((one) => {
    if (releasable === undefined && isOwnStop(one)) {
      const loud = `THE JOURNAL HAS BEEN CHANGED. ${sentence(one.reason)} GLOBAL is ACTIVE: nothing is sent. Keep a copy of ${path} before anything else.`;
      return { tone: 'bad', sentence: loud };
    }
    const covered = one.target === undefined ? 'Every new advisory' : `Every new advisory for ${one.target}`;
    const told = `${switchSentence(one)}. ${covered} is refused.`;
    return {
      tone: 'halted',
      sentence: told,
      ...(releasable !== undefined && { command: releaseLine(one, releasable) }),
    };
  });
}

const isOwnStop = ({ type, state, by }: SwitchView): boolean =>
  type === 'GLOBAL' && state === 'ACTIVE' && by === 'fillchart';
