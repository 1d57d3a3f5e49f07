/**
 * A broker that cannot be reached from the start: what the person who started the service is told, and how often.
 */
import { memoryJournal } from 'fillchart/adapters';
import { createService } from 'fillchart/service';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { expect, it } from 'vitest';

it('readiness says why nothing is answered, and the log says it once, not at every new try', async () => {
  const clock = virtualClock();
  const away = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:9'));
  const broker = { ...faultBroker({ clock }), connect: away, getPositions: away, getOpenOrders: away };
  const said: string[] = [];
  const say = (_about: object, sentence: string) => void said.push(sentence);
  const logger = { debug: say, info: say, warn: say, error: say };
  const service = createService({
    accounts: [{ name: 'paper', broker, journal: memoryJournal() }],
    clock,
    logger,
  });
  await service.app.ready();
  await clock.runUntil(service.open());
  await clock.advance(60_000);
  const { statusCode, body } = await clock.runUntil(service.app.inject('/readyz').then((answer) => answer));
  expect(statusCode).toBe(503);
  expect(body).toContain('the broker does not answer (');
  expect(body).toContain('connect ECONNREFUSED 127.0.0.1:9');
  expect(service.problems()[0]).toMatch(/^Account paper: the broker does not answer \(.*: connect ECONNREFUSED/);
  expect(said.filter((sentence) => sentence.startsWith('a sweep could not judge everything'))).toHaveLength(1);
  await clock.runUntil(service.close());
});
