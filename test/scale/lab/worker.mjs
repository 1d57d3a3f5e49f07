/**
 * A worker as a process of its own. Arguments: port, ingress, broker, settings as JSON, the word `unfenced` for the negative
 * control: then every attempt of a handler has the same name, and the fence cannot tell them apart; and limits as JSON. What it
 * sends carries `LAB_MARK`; the guard of the chart that `LAB_BREAKS` names throws; `LAB_STOPS` stops it at its first order.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from 'fillchart/adapters';
import { openWorker } from 'fillchart/restate';
import { labBroker } from './adapter.mjs';

const { LAB_BREAKS, LAB_MARK, LAB_STOPS } = process.env;
if (LAB_BREAKS !== undefined) {
  const { executionGuards } = await import('../../../dist/machines/execution.guards.js');
  executionGuards[LAB_BREAKS] = () => {
    throw new Error(`${LAB_BREAKS} is broken`);
  };
}
const [port, ingressUrl, brokerUrl, settings = '{}', fence = 'fenced', limits] = process.argv.slice(2);
const worker = await openWorker({
  broker: labBroker(brokerUrl, LAB_MARK, LAB_STOPS),
  clock: systemClock(),
  ingressUrl,
  port: Number(port),
  settings: JSON.parse(settings),
  attemptId: fence === 'unfenced' ? () => 'the same' : randomUUID,
  logger: false,
  ...(limits !== undefined && { limits: JSON.parse(limits) }),
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify(worker.metrics)}\n`));
