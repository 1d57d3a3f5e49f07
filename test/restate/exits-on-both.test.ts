/**
 * What becomes of exits after the result is told alike by an engine and by the host on Restate (B7, P8, T5, G3).
 */
import { describe, expect, it } from 'vitest';
import { type ExitsSetting, type ExitsStory, onBoth } from './exits-on-both.js';

type Story = readonly [
  name: string,
  story: (now: ExitsStory) => Promise<void>,
  kinds: readonly string[],
  setting?: ExitsSetting,
];

const HALF_MINUTE = 31_000;

const STORIES: readonly Story[] = [
  [
    'B7: the take-profit fills',
    async ({ venue, id, advance }) => {
      venue.fill(`${id}-tp`, 100, 155.53);
      await advance(10_000);
    },
    [],
  ],
  [
    'P8 B7: the fill that closed the position is taken back after the end',
    async ({ venue, id, advance }) => {
      const fill = venue.fill(`${id}-tp`, 100, 155.53);
      await advance(10_000);
      venue.bust(`${id}-tp`, fill);
      await advance(2_000);
      venue.tellAgain(`${id}-tp`, { correction: { kind: 'bust', fillId: fill } });
      await advance(2_000);
    },
    ['FILL_BUSTED'],
  ],
  [
    'P8 B7: a part is taken back while the position is held, and the exit works on',
    async ({ venue, id, advance }) => {
      const fill = venue.fill(`${id}-tp`, 40, 155.53);
      await advance(2_000);
      venue.bust(`${id}-tp`, fill, 'working');
      await advance(20_000);
    },
    ['FILL_BUSTED'],
  ],
  [
    'P8 G3: another price, after the end: it counts for the loss of the day',
    async ({ venue, id, advance }) => {
      const fill = venue.fill(`${id}-tp`, 100, 155.53);
      await advance(10_000);
      venue.correct(`${id}-tp`, fill, 150);
      await advance(2_000);
    },
    ['FILL_CORRECTED'],
    { limits: { maxDailyLoss: '50' } },
  ],
  [
    'P8 G3: a part that had gained is taken back while it is watched, and the stop-loss follows',
    async ({ venue, id, advance }) => {
      const fill = venue.fill(`${id}-tp`, 40, 155.53);
      await advance(2_000);
      venue.bust(`${id}-tp`, fill, 'working');
      await advance(2_000);
      venue.fill(`${id}-sl`, 100, 147.98);
      await advance(10_000);
    },
    ['FILL_BUSTED'],
    { limits: { maxDailyLoss: '300' } },
  ],
  [
    'T5 B7: the other exit fills after the position has ended',
    async ({ venue, id, advance }) => {
      venue.fill(`${id}-tp`, 100, 155.53);
      await advance(10_000);
      venue.tellAgain(`${id}-sl`, { state: 'filled', filledSize: '100', fillPrice: '147.98' });
      await advance(2_000);
    },
    ['POSITION_REVERSED'],
  ],
  [
    'P8: a fill of the entry is taken back while its exits work',
    async ({ venue, id, advance }) => {
      venue.bust(id, 'fill-1', 'filled');
      await advance(3_000);
      venue.tellAgain(id, { correction: { kind: 'bust', fillId: 'fill-1' } });
      await advance(3_000);
    },
    ['FILL_BUSTED'],
  ],
  [
    'P8: a fill of the entry is taken back after its exits have closed it',
    async ({ venue, id, advance }) => {
      venue.fill(`${id}-tp`, 100, 155.53);
      await advance(10_000);
      venue.bust(id, 'fill-1', 'filled');
      await advance(3_000);
    },
    ['FILL_BUSTED'],
  ],
  [
    'T5: the entry fills more after the result',
    async ({ venue, id, advance }) => {
      venue.tellAgain(id, { filledSize: '130', fillPrice: '151' });
      await advance(3_000);
      venue.tellAgain(id, { filledSize: '130', fillPrice: '151' });
      await advance(3_000);
    },
    ['STRAY_FILL'],
  ],
  [
    'B7: the stop-loss is cancelled by the venue while the position is held',
    async ({ venue, id, advance }) => {
      venue.end(`${id}-sl`, 'cancelled');
      await advance(HALF_MINUTE);
    },
    ['PROTECTION_LOST'],
  ],
  [
    'B7 R6.2: somebody else closes the position, in a symbol where strangers hold 7',
    async ({ venue, id, advance }) => {
      venue.trade('AAPL', -100);
      venue.end(`${id}-sl`, 'cancelled');
      venue.end(`${id}-tp`, 'cancelled');
      await advance(HALF_MINUTE);
    },
    [],
    { baseline: 7 },
  ],
  [
    'B7 R6.2: both exits end while it is held, in a symbol where strangers are short by 100',
    async ({ venue, id, advance }) => {
      venue.end(`${id}-sl`, 'cancelled');
      venue.end(`${id}-tp`, 'cancelled');
      await advance(HALF_MINUTE);
    },
    ['PROTECTION_LOST'],
    { baseline: -100 },
  ],
  [
    'B7: an exit fills, and nothing is pushed: the polls find it',
    async ({ venue, id, advance }) => {
      venue.isSilent = true;
      venue.fill(`${id}-sl`, 100, 147.98);
      await advance(HALF_MINUTE * 2);
    },
    [],
  ],
  [
    'A6 B7: Restate is away when the sibling must be gone: it is looked at first, and is no case',
    async ({ venue, id, advance, away }) => {
      venue.tellAgain(`${id}-tp`, { state: 'filled', filledSize: '100', fillPrice: '155.53' });
      await advance(1_000);
      venue.isSilent = true;
      venue.end(`${id}-sl`, 'cancelled');
      await away(40_000);
      await advance(10_000);
    },
    [],
  ],
  [
    'B7: the sibling works on: told once, after five seconds',
    async ({ venue, id, advance }) => {
      venue.tellAgain(`${id}-tp`, { state: 'filled', filledSize: '100', fillPrice: '155.53' });
      await advance(20_000);
    },
    ['SIBLING_WORKING'],
  ],
  [
    'M4: an exit that the broker does not show for a moment is not lost',
    async ({ venue, advance }) => {
      const { getOrderStatus, getOpenOrders } = venue.adapter;
      const nothing = { getOrderStatus: async () => 'not_found', getOpenOrders: async () => [] };
      await advance(20_000);
      Object.assign(venue.adapter, nothing);
      await advance(HALF_MINUTE);
      Object.assign(venue.adapter, { getOrderStatus, getOpenOrders });
      await advance(HALF_MINUTE * 2);
    },
    [],
  ],
  [
    'P8: a bust of the entry is found by polls where they are asked in batches',
    async ({ venue, id, advance }) => {
      venue.bust(id, 'fill-1', 'filled');
      await advance(HALF_MINUTE * 2);
    },
    ['FILL_BUSTED'],
    { capabilities: { batchStatus: true } },
  ],
  [
    'B7 M1: somebody moves the stop-loss at the venue',
    async ({ venue, id, advance }) => {
      venue.amend(`${id}-sl`, { price: '140' });
      await advance(HALF_MINUTE * 4);
    },
    ['MISMATCH'],
  ],
  [
    'B7 B1: the venue makes the stop-loss half as large while nothing has filled',
    async ({ venue, id, advance }) => {
      venue.amend(`${id}-sl`, { quantity: '50' });
      await advance(HALF_MINUTE * 4);
    },
    ['PROTECTION_SIZE'],
  ],
  [
    'B7 M1: somebody makes the take-profit larger and moves it: one case',
    async ({ venue, id, advance }) => {
      venue.amend(`${id}-tp`, { price: '160', quantity: '300' });
      await advance(HALF_MINUTE * 4);
    },
    ['PROTECTION_SIZE'],
  ],
  [
    'B7 A6: what is told of the stop-loss is not told again by a host that was away',
    async ({ venue, id, advance, away }) => {
      venue.amend(`${id}-sl`, { price: '140' });
      await advance(HALF_MINUTE * 4);
      await away(60_000);
      await advance(HALF_MINUTE * 4);
    },
    ['MISMATCH'],
  ],
  [
    'B7 P2: somebody moves the stop-loss for a moment, and back',
    async ({ venue, id, advance }) => {
      venue.amend(`${id}-sl`, { price: '140' });
      venue.tellAgain(`${id}-sl`);
      await advance(3_000);
      venue.amend(`${id}-sl`, { price: '147.98' });
      await advance(HALF_MINUTE * 4);
    },
    [],
  ],
  [
    'B7 P2: the stop-loss shrinks because the take-profit fills in part, and is told before it',
    async ({ venue, id, advance }) => {
      venue.amend(`${id}-sl`, { quantity: '60' });
      venue.tellAgain(`${id}-sl`);
      await advance(1_000);
      venue.fill(`${id}-tp`, 40, 155.53);
      await advance(HALF_MINUTE * 4);
    },
    [],
  ],
];

describe('the exits on an engine and on Restate', () => {
  it('B7 P8: a part of the entry is taken back, and a person makes the stop-loss as large as what is left: that is told of it', async () => {
    const { engine, restate } = await onBoth(async ({ venue, id, advance }) => {
      venue.tellAgain(id, {
        filledSize: '60',
        fills: [{ id: 'fill-2', quantity: '60', price: '151' }],
        correction: { kind: 'bust', fillId: 'fill-1' },
      });
      venue.amend(`${id}-sl`, { quantity: '60' });
      await advance(HALF_MINUTE * 4);
    }, {});
    expect(engine.cases.map(([kind]) => kind)).toEqual(['FILL_BUSTED']);
    expect(engine.cases[0]?.[1]).toHaveLength(1);
    expect(restate).toEqual(engine);
  });

  it('B7 A3: a change that is told leaves no further fact, however long it stands', async () => {
    const change = async ({ venue, id, advance }: ExitsStory) => {
      venue.amend(`${id}-sl`, { price: '140', quantity: '60' });
      await advance(HALF_MINUTE * 4);
    };
    const [once, long] = [
      await onBoth(change),
      await onBoth(async (now) => {
        await change(now);
        await now.advance(HALF_MINUTE * 20);
      }),
    ];
    expect(long.facts).toEqual(once.facts);
    expect(long.restate).toEqual(once.engine);
  });

  it.each(STORIES.map(([name, story, kinds, setting = {}]) => ({ name, story, kinds, setting })))(
    '$name',
    async ({ story, kinds, setting }) => {
      const { engine, restate } = await onBoth(story, setting);
      expect(engine.cases.map(([kind]) => kind)).toEqual(kinds);
      expect(restate).toEqual(engine);
      expect(engine.isHalted).toBe(setting.limits !== undefined);
    },
  );
});
