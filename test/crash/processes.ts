/**
 * The processes of a crash test, seen from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { BrokerTruth } from './broker.process.js';
import type { Run, Said } from './engine.process.js';
import type { Pace, Roughness } from './order-script.js';
import { onLines } from './wire.js';

export interface BrokerProcess {
  /** What the broker holds to be so, now. */
  truth(): Promise<BrokerTruth>;
  stop(): void;
}

export interface BrokerSetting {
  readonly program: string;
  readonly socket: string;
  readonly seed: number;
  readonly speed: number;
  readonly pace: Pace;
  readonly roughness?: Roughness;
}

export async function startBroker({ program, socket, ...setting }: BrokerSetting): Promise<BrokerProcess> {
  const { seed, speed, pace, roughness = 'plain' } = setting;
  const child = spawn(process.execPath, [program, socket, String(seed), String(speed), pace, roughness], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  let asked = 0;
  return {
    truth: () =>
      new Promise((resolve) => {
        asked += 1;
        const question = asked;
        const listen = (message: unknown): void => {
          const answer = message as { question: number; truth: BrokerTruth };
          if (answer.question !== question) return;
          child.off('message', listen);
          resolve(answer.truth);
        };
        child.on('message', listen);
        child.send(question);
      }),
    stop: () => void child.kill('SIGKILL'),
  };
}

export interface EngineRun {
  readonly said: readonly Said[];
  /** When it ended: by which signal, or that it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | 'by itself'>;
  /** Resolves when the engine has recovered, or the process has ended. */
  readonly opened: Promise<void>;
  kill(): void;
}

export function startEngine(program: string, run: Run): EngineRun {
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Said[] = [];
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  if (child.stdout !== null) {
    onLines(child.stdout, (value) => {
      said.push(value as Said);
      if ((value as Said).said === 'opened') tellOpened();
    });
  }
  // `close`, not `exit`: what it printed before it died is read to the end.
  const ended = new Promise<NodeJS.Signals | 'by itself'>((resolve) => {
    child.once('close', (_, signal) => {
      tellOpened();
      resolve(signal ?? 'by itself');
    });
  });
  return { said, ended, opened, kill: () => void child.kill('SIGKILL') };
}
