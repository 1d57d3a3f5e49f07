/**
 * kill -9 of the service under load, with clients that send again (A4, A6, E1): each advisory once, each client its result.
 *
 * `KILLS=50 npx vitest run test/service/kill.test.ts` for the whole campaign.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { killCampaign } from './kill/campaign.js';

const kills = Number(process.env['KILLS'] ?? 5);

it(`A6 E1: killed ${kills} times under load, each advisory is executed once and each client gets its result`, {
  timeout: 60_000 + kills * 25_000,
}, async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { advisories, statuses, differences, truth } = await killCampaign({
    root,
    kills,
    seed: 7,
    speed: 10,
    clients: 24,
  });
  process.stdout.write(
    `kill -9 × ${kills}: ${advisories} advisories, ${JSON.stringify(statuses)}, ${truth.orders.length} orders at the broker\n`,
  );
  expect(differences).toEqual([]);
  expect(statuses['none']).toBeUndefined();
  expect(truth.orders.filter(({ received }) => (received?.resent ?? 0) > 0)).toEqual([]);
  expect(advisories).toBeGreaterThanOrEqual(24);
  expect(truth.orders.length).toBeGreaterThan(0);
});
