/**
 * Kill switches and cases on Restate, as the faces that an engine hands out: read here, changed there.
 *
 * 1. A change resolves when it counts for every worker, and is known here.
 */
import { type Observable, Subject } from 'rxjs';
import { type CaseRegister, type Cases, caseRegister } from '../../actors/cases.js';
import type { EngineTime } from '../../actors/engine-time.js';
import { type KillSwitch, type KillSwitchActor, killSwitchActor } from '../../actors/kill-switch.js';
import type { CaseFact } from '../../domain/cases.js';
import type { SwitchChange } from '../../domain/kill-switch.js';
import type { KillSwitchFact } from '../../machines/kill-switch.machine.js';
import type { RestateFront } from '../front.js';

export interface MirroredGate {
  readonly killSwitch: KillSwitch;
  readonly cases: Cases;
  takeSwitch(fact: KillSwitchFact): void;
  takeCase(fact: CaseFact): void;
  close(): void;
}

interface MirroredGateParts {
  readonly front: Pick<RestateFront, 'killSwitch' | 'cases'>;
  readonly time: EngineTime;
  /** Resolves when all that was logged by now is known here. */
  readonly catchUp: () => Promise<void>;
}

/** A change is logged after it counts: looked for so often before it is left to the follower. */
const MOST_LOOKS = 20;

export function mirroredGate({ front, time, catchUp }: MirroredGateParts): MirroredGate {
  const changes$ = new Subject<SwitchChange>();
  const switches: KillSwitchActor = killSwitchActor(time, {
    onChange: async () => undefined,
    onListenerError: () => undefined,
    openCase: () => undefined,
  });
  const register: CaseRegister = caseRegister({ record: async () => ({ durable: true }) }, time, 'halt-symbol');
  /** Changes that were heard of, by what was changed. Others make theirs at the same time. */
  const heard = new Map<string, number>();
  const hear = (what: string): void => void heard.set(what, (heard.get(what) ?? 0) + 1);

  /** Makes the change; what this process knows of it comes by the log. */
  async function changed(what: string, change: () => Promise<void>): Promise<void> {
    const before = heard.get(what);
    await change();
    for (let looks = 0; heard.get(what) === before && looks < MOST_LOOKS; looks += 1)
      await catchUp().catch(() => undefined);
  }

  const killSwitch: KillSwitch = Object.defineProperties(Object.create(switches.face) as KillSwitch, {
    set: { value: (given: Parameters<KillSwitch['set']>[0]) => changed(given.type, () => front.killSwitch.set(given)) },
    release: {
      value: (given: Parameters<KillSwitch['release']>[0]) =>
        changed(given.type, () => front.killSwitch.release(given)),
    },
    changes$: { value: changes$.asObservable() satisfies Observable<SwitchChange> },
  });

  return {
    killSwitch,
    cases: {
      open: register.open,
      all: register.all,
      resolve: (caseId, by) => changed(caseId, () => front.cases.resolve(caseId, by)),
    },
    takeSwitch(fact) {
      hear(fact.change.type);
      switches.restore(fact);
      changes$.next(fact.change);
    },
    takeCase(fact) {
      if (fact.type === 'CASE_RESOLVED') hear(fact.caseId);
      register.restore(fact);
    },
    close() {
      changes$.complete();
      switches.close();
    },
  };
}
