/** The two exits of a position: one list of which one cancels the other (35=E), or two that the adapter keeps in step (35=F, 35=G). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exits, reportsOf, sent } from './exit-pairs.support.js';
import { advisory, brokerOn, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

/** Exits at a counterparty that replaces orders, or does what `onReplace` says. */
async function pair(
  options: { storeFolder?: string; onReplace?: (message: Message, acceptor: ScriptedAcceptor) => void } = {},
) {
  const { storeFolder, onReplace } = options;
  const world = await setting(storeFolder === undefined ? {} : { storeFolder });
  const { acceptor } = world;
  acceptor.script = (message) => {
    if (message.type === 'D') acceptor.accept(message);
    if (message.type === 'F') cancelled(acceptor, message);
    if (message.type === 'G') (onReplace ?? replaced)(message, acceptor);
    if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 17: 0, 151: 100 });
  };
  await world.broker.connect?.(soon());
  await world.broker.placeProtection(exits, soon());
  return world;
}

const replaced = (message: Message, acceptor: ScriptedAcceptor): void => {
  acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 'E', 39: 'E', 38: message.tag(38) });
  acceptor.report(message, {
    37: message.tag(37),
    41: message.tag(41),
    150: 5,
    39: 0,
    38: message.tag(38),
    151: message.tag(38),
  });
};

const cancelled = (acceptor: ScriptedAcceptor, message: Message): void =>
  acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 4, 39: 4 });

const told = ({ acceptor, leg, cum }: { acceptor: ScriptedAcceptor; leg: 'sl' | 'tp'; cum: number }): void =>
  acceptor.report(sent(acceptor, `fc-1-${leg}`), {
    150: 'F',
    39: cum === 100 ? 2 : 1,
    14: cum,
    6: '155.53',
    32: 1,
    31: '155.53',
    151: 100 - cum,
  });

describe('FIX exits that the adapter keeps in step', () => {
  it('B7 an exit fills in part: its sibling is replaced by one for the rest, as it was in all else', async () => {
    const { acceptor, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const [replacement] = acceptor.of('G');
    expect([41, 37, 38, 40, 99, 54, 59].map((tag) => replacement?.tag(tag))).toEqual([
      'fc-1-sl',
      'o-fc-1-sl',
      '60',
      '3',
      '147.98',
      '2',
      '1',
    ]);
    expect(reportsOf(pushes, 'fc-1-sl').at(-1)).toMatchObject({ state: 'working', quantity: '60', filledSize: '0' });
  });

  it('B7 it fills further: replaced again under its new name, then cancelled under the newest', async () => {
    const { acceptor, broker, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    told({ acceptor, leg: 'tp', cum: 70 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '30');
    const names = acceptor.of('G').map((message) => message.tag(11));
    expect(acceptor.of('G').map((message) => message.tag(41))).toEqual(['fc-1-sl', names[0]]);
    expect(await broker.getOrderStatus(ref('fc-1-sl'), soon())).toMatchObject({ clientOrderId: 'fc-1-sl' });
    expect(acceptor.of('H').at(-1)?.tag(11)).toBe(names[1]);
    told({ acceptor, leg: 'tp', cum: 100 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.state === 'cancelled');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual([names[1]]);
  });

  it('B7 fills while a replacement is under way are made up for when it is answered', async () => {
    const open: Message[] = [];
    const { acceptor, pushes, pushed } = await pair({ onReplace: (message) => void open.push(message) });
    told({ acceptor, leg: 'tp', cum: 40 });
    await acceptor.until(() => acceptor.of('G').length === 1);
    told({ acceptor, leg: 'tp', cum: 50 });
    told({ acceptor, leg: 'tp', cum: 60 });
    await acceptor.echo();
    expect(acceptor.of('G')).toHaveLength(1);
    replaced(open[0] as Message, acceptor);
    await acceptor.until(() => acceptor.of('G').length === 2);
    expect(acceptor.of('G')[1]?.tag(38)).toBe('40');
    replaced(open[1] as Message, acceptor);
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '40');
  });

  it('B7 both fill in part: the rest of each is what neither has closed', async () => {
    const { acceptor, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const usual = acceptor.script;
    acceptor.script = (message) => {
      if (message.type === 'F')
        acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 4, 39: 4, 14: 40 });
      else usual(message, acceptor);
    };
    told({ acceptor, leg: 'sl', cum: 60 });
    await pushed(() => reportsOf(pushes, 'fc-1-tp').at(-1)?.state === 'cancelled');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual(['fc-1-tp']);
  });

  it('B7 a replacement that is refused is told of, and tried again for another rest only', async () => {
    const { acceptor, warned, warnings } = await pair({
      onReplace: (message, acceptor) =>
        acceptor.send('9', {
          37: message.tag(37),
          11: message.tag(11),
          41: message.tag(41),
          39: 0,
          434: 2,
          102: 2,
          58: 'no replacements',
        }),
    });
    told({ acceptor, leg: 'tp', cum: 40 });
    await warned('its sibling fc-1-sl may still be for more than the 60 left (no replacements)');
    told({ acceptor, leg: 'tp', cum: 40 });
    await acceptor.echo();
    expect(acceptor.of('G')).toHaveLength(1);
    told({ acceptor, leg: 'tp', cum: 50 });
    await warned('more than the 50 left');
    expect([acceptor.of('G').length, warnings.length]).toEqual([2, 2]);
  });

  it('B7 a partly filled exit that the venue cancels leaves a sibling for the rest', async () => {
    const { acceptor, pushes, pushed } = await pair();
    acceptor.report(sent(acceptor, 'fc-1-tp'), { 150: 4, 39: 4, 14: 40, 6: '155.53' });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    expect(acceptor.of('F')).toEqual([]);
  });

  it('B7 A6 over a restart the replacement keeps its name: it is asked for and cancelled under it', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(storeFolder, { recursive: true, force: true }));
    const { acceptor, broker, pushes, pushed } = await pair({ storeFolder });
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const name = acceptor.of('G')[0]?.tag(11) ?? '';
    await broker.close?.();
    const asked = acceptor.of('H').length;
    acceptor.script = (message) => {
      if (message.type === 'H') {
        const isProfit = message.tag(11) === 'fc-1-tp';
        const state = isProfit ? { 39: 2, 14: 100, 6: '155.53' } : { 39: 0, 38: 60 };
        acceptor.report(message, { 37: message.tag(37), 150: 'I', 17: 0, ...state });
      }
      if (message.type === 'F') cancelled(acceptor, message);
    };
    const next = brokerOn(acceptor.port, { storeFolder });
    await next.broker.connect?.(soon());
    await next.pushed(() => reportsOf(next.pushes, 'fc-1-sl').at(-1)?.state === 'cancelled');
    expect(
      acceptor
        .of('H')
        .slice(asked)
        .map((message) => message.tag(11)),
    ).toContain('fc-1-tp');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual([name]);
    expect(acceptor.of('G')).toHaveLength(1);
  });

  it('B7 with the engine: a partial take-profit shrinks the stop, and no case is opened', async () => {
    const { acceptor, broker } = await setting({ pollMs: 100 });
    const orders = new Map<string, Message>();
    acceptor.script = (message) => {
      if (message.type === 'D') {
        orders.set(message.tag(11), message);
        acceptor.accept(message);
        if (message.tag(40) === '1') acceptor.fill(message, '100', '151.00');
      }
      if (message.type === 'G') replaced(message, acceptor);
      if (message.type === 'F') cancelled(acceptor, message);
    };
    const engine = await createEngine({ broker, logger: false });
    onTestFinished(() => engine.close({ drainMs: 0 }));
    const result = await engine.execute(advisory('PART-1'));
    const tp = orders.get(`${result.clientOrderId}-tp`) as Message;
    const fill = (cum: number, last: number): void =>
      acceptor.report(tp, { 150: 'F', 39: cum === 100 ? 2 : 1, 14: cum, 6: '155.53', 32: last, 31: '155.53' });
    const closed = new Promise<unknown>((resolve) => {
      engine.exits$.subscribe((position) => position.state.startsWith('closed') && resolve(position.state));
    });
    fill(40, 40);
    await acceptor.until(() => acceptor.of('G').length === 1);
    await acceptor.echo();
    expect(engine.positions()[0]).toMatchObject({ state: 'working' });
    fill(100, 60);
    expect(await closed).toBe('closedByTakeProfit');
    expect(engine.cases.open()).toEqual([]);
  });
});
