/**
 * One receiver of notifications, from the config. Its key is read from the environment alone.
 */
import { NOTIFICATIONS, type NotificationName, type WebhookOptions } from '../../service/index.js';
import { UsageError } from '../exit-codes.js';
import type { Environment } from '../world.js';
import { inside, notAccepted, objectAt, type Place, textAt, textsAt } from './config-keys.js';
import { KEYS } from './config-schema.js';

const FORMATS = ['json', 'slack'] as const;

/** @throws {UsageError} */
export function webhookFrom(place: Place, given: unknown, env: Environment): WebhookOptions {
  const one = objectAt(place, given, KEYS.webhook);
  const url = textAt(inside(place, 'url'), one['url']);
  if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw notAccepted(inside(place, 'url'), one['url'], 'an address that begins with https:// or http://');
  const variable = textAt(inside(place, 'secretEnv'), one['secretEnv']);
  const secret = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && (secret === undefined || secret === ''))
    throw new UsageError(
      `${place.file}: ${place.path}.secretEnv names ${variable}, which is not set in the environment.`,
    );
  const format = one['format'] === undefined ? 'json' : FORMATS.find((known) => known === one['format']);
  if (format === undefined) throw notAccepted(inside(place, 'format'), one['format'], FORMATS.join(', '));
  if (secret === undefined && format === 'json')
    throw notAccepted(inside(place, 'secretEnv'), undefined, 'the variable that holds the key of the signature');
  const events = textsAt(inside(place, 'events'), one['events']);
  const unknown = events?.find((name) => !NOTIFICATIONS.includes(name as NotificationName));
  if (unknown !== undefined) throw notAccepted(inside(place, 'events'), unknown, NOTIFICATIONS.join(', '));
  return {
    url,
    format,
    ...(secret !== undefined && { secret }),
    ...(events !== undefined && { events: events as readonly NotificationName[] }),
  };
}
