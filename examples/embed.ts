// One advisory, executed from a program of your own. The audit log goes to standard error; see `logger` to change that.
// The journal is a new file each time, for the paper broker forgets: an engine that found an old one would miss the
// position of the last run, and open a case. With a real broker, give a path of your own and keep the file.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, freezeSnapshot } from 'fillchart';
import { paperBroker, sqliteJournal } from 'fillchart/adapters';

const engine = await createEngine({
  broker: paperBroker({
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    quotes: { AAPL: '151.00' },
  }),
  journal: sqliteJournal({ path: join(mkdtempSync(join(tmpdir(), 'fillchart-')), 'fillchart.db') }),
});
const advisory = freezeSnapshot({
  advisoryId: 'ADV-001',
  symbol: 'AAPL',
  referencePrice: '150.00',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
const result = await engine.execute(advisory);
console.log(result.status, result.finalFillPrice, result.finalSl, result.finalTp); // FILLED 151 147.98 155.53
await engine.close();
