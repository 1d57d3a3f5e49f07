/**
 * Our order ids in the form that an exchange accepts, and back.
 *
 * 1. The same id always gives the same name, before and after a restart.
 * 2. Ids of the engine (`fc-` and 29 hex digits, with `-sl`, `-tp` or nothing behind) are re-written without loss, so
 *    that an order found at the exchange gives back our id. Any other id that does not fit is hashed, to 112 bits at
 *    least, and known again only by the process that sent it.
 * 3. The exit pair of an exchange with one name for both legs bears the name of the pair, `-oco`.
 */
import { createHash } from 'node:crypto';
import type { CcxtExchange } from './options.js';

export interface ClientIds {
  /** The exchange's name for an order of ours. */
  toVenue(id: string): string;
  /** Our id for a name at the exchange; `undefined` when the name is not one of ours. */
  fromVenue(name: string): string | undefined;
}

const KINDS = ['', '-sl', '-tp', '-oco'] as const;
type Kind = (typeof KINDS)[number];

const ENGINE_ID = /^fc-([0-9a-f]{29})$/;

interface Parts {
  readonly entry: string;
  readonly kind: Kind;
}

/** How an exchange writes names: an engine id from its 29 digits, any other from its hash. */
interface Script {
  /** The id as it is, where the exchange takes it. */
  readonly plain?: RegExp;
  write(digits: string, kind: Kind, isHash: boolean): string;
  /** The 29 digits and the kind of an engine id. */
  read(name: string): { readonly digits: string; readonly kind: Kind } | undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const partsOf = (id: string): Parts => {
  const kind = KINDS.find((known) => known !== '' && id.endsWith(known)) ?? '';
  return { entry: kind === '' ? id : id.slice(0, -kind.length), kind };
};

const dashed = (plain: RegExp): Script => ({
  plain,
  write: (digits, kind) => `fch-${digits.slice(0, 28)}${kind}`,
  read: () => undefined,
});

/** okx: letters and digits, 32 at most. */
const alphanumeric: Script = {
  write: (digits, kind, isHash) => `f${isHash ? 'h' : 'c'}${'espo'[KINDS.indexOf(kind)]}${digits}`,
  read(name) {
    const [, letter = '', digits = ''] = /^fc([espo])([0-9a-f]{29})$/.exec(name) ?? [];
    const kind = KINDS['espo'.indexOf(letter)];
    return digits === '' || kind === undefined ? undefined : { digits, kind };
  },
};

/** kraken: a UUID of version 4; the kind of the order is in the variant's digit. */
const uuid: Script = {
  write(digits, kind, isHash) {
    const all = `${isHash ? 'e' : 'f'}${digits}`;
    const variant = '89ab'[KINDS.indexOf(kind)];
    const parts = [all.slice(0, 8), all.slice(8, 12), `4${all.slice(12, 15)}`, `${variant}${all.slice(15, 18)}`];
    return [...parts, all.slice(18)].join('-');
  },
  read(name) {
    const found = /^f([0-9a-f]{7})-?([0-9a-f]{4})-?4([0-9a-f]{3})-?([89ab])([0-9a-f]{3})-?([0-9a-f]{12})$/.exec(name);
    if (found === null) return undefined;
    const [, first, second, third, variant = '', fourth, last] = found;
    const kind = KINDS['89ab'.indexOf(variant)];
    return kind === undefined ? undefined : { digits: `${first}${second}${third}${fourth}${last}`, kind };
  },
};

const SCRIPTS: Readonly<Record<CcxtExchange, Script>> = {
  binance: dashed(/^[.A-Z:/a-z0-9_-]{1,36}$/),
  bybit: dashed(/^[A-Za-z0-9_-]{1,36}$/),
  okx: alphanumeric,
  kraken: uuid,
};

/** Most names that are remembered because they cannot be read back. */
const MOST_KEPT = 10_000;

/** One name; a pure function of exchange and id. */
export function venueName(exchange: CcxtExchange, id: string): string {
  const script = SCRIPTS[exchange];
  if (script.plain?.test(id) === true) return id;
  const { entry, kind } = partsOf(id);
  const digits = ENGINE_ID.exec(entry)?.[1];
  return script.write(digits ?? sha256(entry).slice(0, 29), kind, digits === undefined);
}

export function clientIds(exchange: CcxtExchange): ClientIds {
  const script = SCRIPTS[exchange];
  const known = new Map<string, string>();

  function remember(name: string, id: string): void {
    if (known.size >= MOST_KEPT) for (const oldest of [...known.keys()].slice(0, MOST_KEPT / 10)) known.delete(oldest);
    known.set(name, id);
  }

  return {
    toVenue(id) {
      const name = venueName(exchange, id);
      if (name !== id && script.read(name) === undefined) remember(name, id);
      return name;
    },
    fromVenue(name) {
      const read = script.read(name);
      if (read !== undefined) return `fc-${read.digits}${read.kind}`;
      return known.get(name) ?? (script.plain?.test(name) === true ? name : undefined);
    },
  };
}
