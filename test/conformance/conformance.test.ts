/**
 * The conformance kit: the brokers of this package pass it, and a bad adapter fails in the right places and no others.
 */
import type { BrokerAdapter } from 'fillchart';
import { conformanceReport, conformBroker, formatConformance } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { conformanceCases } from '../../src/testing/conformance/cases.js';
import { INCIDENTS } from '../../src/testing/conformance/incidents.js';
import { BOUND_MS, dangerousAdapters, faultSubject, paperSubject, SYMBOL } from './subjects.js';

const options = {
  symbol: SYMBOL,
  boundMs: BOUND_MS,
  expectedPrice: '150',
  onUnhandledRejection: (listener: (cause: unknown) => void) => {
    process.on('unhandledRejection', listener);
    return () => void process.off('unhandledRejection', listener);
  },
};

/** What the fault broker does not promise: it does what its script says, and is part of a test. */
const notPromised = {
  'BC-04': 'the fault broker knows no lots',
  'BC-28': 'the fault broker keeps legs with the position, not as orders',
  'BC-31': 'the fault broker hangs for ever, whatever the signal says',
  'BC-32': 'the fault broker hangs for ever, whatever the signal says',
  'BC-33': 'the fault broker does not look at the signal',
  'BC-34': 'the fault broker hangs for ever, whatever the signal says',
};

conformBroker('the paper broker', paperSubject, { ...options, describe, it });
conformBroker('the fault broker', faultSubject, { ...options, skip: notPromised, describe, it });

describe('the incidents that the cases stand for', () => {
  it('BC-01 to BC-52: every case has one, in one sentence, and no two are alike', () => {
    expect(Object.keys(INCIDENTS)).toEqual(conformanceCases.map(({ id }) => id));
    const told = conformanceCases.map(({ incident }) => incident);
    for (const incident of told) expect(incident).toMatch(/^[A-Z](?:(?!\. [A-Z])[^\n]){30,139}\.$/);
    expect(new Set(told).size).toBe(conformanceCases.length);
  });

  it('stand in the report, as text, as JSON and with a failure in JUnit XML', async () => {
    const [first] = conformanceCases;
    const broken = () => ({ ...paperSubject('fills'), wait: () => Promise.reject(new Error('no time')) });
    const report = await conformanceReport('one', broken, { ...options, situations: ['fills'] });
    const one = { ...report, cases: report.cases.slice(0, 1) };
    expect(one.cases).toMatchObject([{ id: 'BC-01', outcome: 'failed' }]);
    expect(formatConformance(one, 'text')).toContain(`\n        stands for: ${first?.incident}\n`);
    expect(JSON.parse(formatConformance(one, 'json')).cases[0].incident).toBe(first?.incident);
    expect(formatConformance(one, 'junit')).toContain(`The case stands for: ${first?.incident}</failure>`);
  });
});

describe('a bad adapter', () => {
  /** Each entry breaks one promise; the rest is the fault broker's. */
  const bad: { readonly [Id in string]: (good: BrokerAdapter) => Partial<BrokerAdapter> } = {
    'BC-01': (good) => {
      const sent = new Set<string>();
      return {
        submitOrder: (order, signal) => {
          const { clientOrderId } = order;
          const isRepeat = sent.has(clientOrderId);
          sent.add(clientOrderId);
          return good.submitOrder(isRepeat ? { ...order, clientOrderId: `${clientOrderId}-again` } : order, signal);
        },
      };
    },
    'BC-11': (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        return report === 'not_found' ? report : { ...report, fillPrice: `${report.fillPrice}.00` };
      },
    }),
    'BC-16': (good) => ({
      cancelOrder: async (ref, signal) => {
        const outcome = await good.cancelOrder(ref, signal);
        return outcome === 'already_closed' ? 'requested' : outcome;
      },
    }),
    'BC-21': () => ({ instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }) }),
    'BC-24': (good) => ({
      getPositions: async (symbols, signal) =>
        (await good.getPositions(symbols, signal)).map((row) => ({ ...row, size: row.size.replace('-', '') })),
    }),
  };
  /** The second cancel is the same lie as that of a filled order; a short position that looks long is one with exits, too. */
  const also: { readonly [Id in string]: readonly string[] } = {
    'BC-11': ['BC-47'],
    'BC-16': ['BC-15'],
    'BC-24': ['BC-41'],
  };

  const reportOn = (change: (good: BrokerAdapter) => Partial<BrokerAdapter>) =>
    conformanceReport(
      'bad',
      (situation) => {
        const subject = faultSubject(situation);
        return { ...subject, broker: { ...subject.broker, ...change(subject.broker) } };
      },
      { ...options, skip: notPromised },
    );

  const failedIn = ({ cases }: Awaited<ReturnType<typeof reportOn>>) =>
    cases.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);

  it.each(Object.entries(bad))('fails %s, and nothing else', async (id, change) => {
    expect(failedIn(await reportOn(change))).toEqual([...(also[id] ?? []), id].sort());
  });

  it.each(Object.entries(dangerousAdapters))(
    'that %s fails there, and nowhere else',
    async (_what, { fails, change }) => {
      expect(failedIn(await reportOn(change))).toEqual(fails);
    },
  );

  it('fails every one of them at once, and BC-31 to BC-34 when it ignores signals', async () => {
    const report = await conformanceReport('bad', faultSubject, {
      ...options,
      skip: Object.fromEntries(Object.entries(notPromised).filter(([id]) => id < 'BC-31')),
    });
    expect(failedIn(report)).toEqual(['BC-31', 'BC-32', 'BC-33', 'BC-34']);
  });
});

describe('a report', () => {
  const oneSituation = { ...options, situations: ['any'] as const, skip: { 'BC-07': 'a <reason> & "more"' } };
  const report = conformanceReport('paper', paperSubject, oneSituation);

  it('names what was not tried, and why', async () => {
    const { cases, skipped, passed, failed } = await report;
    expect(passed + failed + skipped).toBe(cases.length);
    expect(cases.find(({ id }) => id === 'BC-07')).toMatchObject({ outcome: 'skipped', reason: 'a <reason> & "more"' });
    expect(cases.find(({ id }) => id === 'BC-01')).toMatchObject({
      outcome: 'skipped',
      reason: "makeBroker cannot make the situation 'fills'",
    });
  });

  it('is text, JSON and JUnit XML', async () => {
    const done = await report;
    expect(formatConformance(done, 'text')).toContain('✓ BC-17 never answers requested');
    expect(JSON.parse(formatConformance(done, 'json'))).toEqual(done);
    const xml = formatConformance(done, 'junit');
    expect(xml).toContain(`tests="${done.cases.length}" failures="0"`);
    expect(xml).toContain('message="a &lt;reason&gt; &amp; &quot;more&quot;"');
  });

  it('hints at `situations` where they are not declared and a case fails in one that few brokers can make', async () => {
    const onlyFills = () => paperSubject('fills');
    const { cases } = await conformanceReport('paper', onlyFills, options);
    const failed = cases.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ id }) => id)).toEqual(expect.arrayContaining(['BC-03', 'BC-09', 'BC-13']));
    for (const { reason } of failed) expect(reason).toMatch(/declare `situations` if makeBroker cannot make it/);
    const declared = { ...options, situations: ['fills'] as const };
    expect((await conformanceReport('paper', onlyFills, declared)).failed).toBe(0);
    const insisted = await conformanceReport('paper', onlyFills, { ...options, situations: ['rests'] });
    expect(insisted.cases.find(({ id }) => id === 'BC-13')?.reason).not.toContain('declare');
  });

  it('refuses a skip without a reason, or of a case that is not there', () => {
    expect(() => conformBroker('x', paperSubject, { ...options, skip: { 'BC-01': ' ' } })).toThrow('needs a reason');
    expect(() => conformBroker('x', paperSubject, { ...options, skip: { 'BC-99': 'no' } })).toThrow('no such case');
  });
});
