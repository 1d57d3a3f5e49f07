/**
 * Stories that every host must tell alike, whatever ends its process in between.
 */
import type { Story } from './every-step.js';
import { fill } from './support.js';

const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;

export const STORIES: readonly Story[] = [
  { name: 'a fill', setting: { plan: { fills: [fill(1)] } } },
  { name: 'a fill in parts', setting: { plan: { fills: [fill(1, 30), fill(3, 30, 152), fill(6, 40, 150)] } } },
  { name: 'a partial fill and a timeout', setting: { plan: { fills: [fill(2, 40)], cancelAfterMs: 300 } } },
  { name: 'a late fill', setting: { plan: { fills: [fill(31)], cancel: 'ignore' } } },
  {
    name: 'a kill switch',
    setting: { plan: { fills: [fill(1, 10)], cancelAfterMs: 500 } },
    events: [[3, ({ engine }) => engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' })]],
  },
  {
    name: 'an answer that never comes',
    setting: {
      plan: { fills: [fill(8)], visibleFromMs: 6_000 },
      broker: (world) => ({
        submitOrder: (order) => {
          world.submit(order);
          return new Promise(() => undefined);
        },
      }),
    },
  },
  {
    name: 'a busy broker',
    submits: 2,
    setting: {
      broker: (world) => {
        let tries = 0;
        return {
          submitOrder: (order) => {
            tries += 1;
            if (tries === 1) return Promise.resolve(busy);
            return Promise.resolve(world.submit(order));
          },
        };
      },
    },
  },
];
