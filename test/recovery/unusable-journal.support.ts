/**
 * A broker with two live orders: for journals that cannot be used.
 */
import { createEngine, type Engine, type Journal } from 'fillchart';
import { type FaultBroker, faultBroker, type OrderScript, type VirtualClock, virtualClock } from 'fillchart/testing';
import { fill, fills } from '../stories/support.js';

export interface Place {
  readonly clock: VirtualClock;
  readonly broker: FaultBroker;
}

const SCRIPTS: Readonly<Record<string, OrderScript>> = {
  OPEN: {},
  FILLS: { ...fills(fill(5, 100, 151)), cancel: 'ignore' },
};

export function place(): Place {
  const clock = virtualClock();
  return {
    clock,
    broker: faultBroker({
      clock,
      openOrders: true,
      script: ({ symbol }) => SCRIPTS[symbol] ?? fills(fill(1, 100, 151)),
    }),
  };
}

export const open = ({ clock, broker }: Place, journal: Journal): Promise<Engine> =>
  createEngine({ clock, broker, journal, logger: false });

export const global = (engine: Engine) => engine.killSwitch.switches.find(({ type }) => type === 'GLOBAL');
