// An execution in the inspector of Stately (`npm install --save-dev @statelyai/inspect`), from START on: its chart, each fact,
// the state after it, and what the chart then asked for. Actors of the engine are read only, and `start` has no `inspect`
// option: what the inspector needs comes from the journal (the facts) and from `execution.actor` (states and commands).
// Here an adapter keeps what is sent. To see it in a window, put `createWebSocketInspector({ url })` in place of
// `createInspector`. What is sent holds the whole advisory: send it only where that may go.
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createEngine, type Execution, type Journal, type JournalRecord } from 'fillchart';
import { memoryJournal, paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import type { ActorRefLike } from 'xstate';

const sent: StatelyInspectionEvent[] = [];
const inspector = createInspector({ send: (event) => void sent.push(event) });

/** The journal, and the facts of each execution that it was given and that the inspector has not shown. */
function heard(journal: Journal): {
  journal: Journal;
  nextFact(advisoryId: string): JournalRecord['fact'] | undefined;
} {
  const waiting: JournalRecord[] = [];
  const append = async (records: readonly JournalRecord[]) => {
    waiting.push(...records.filter(({ stream }) => stream === 'execution'));
    await journal.append(records);
  };
  return {
    journal: { ...journal, append },
    nextFact(advisoryId) {
      const index = waiting.findIndex((record) => record.advisoryId === advisoryId);
      return index < 0 ? undefined : waiting.splice(index, 1)[0]?.fact;
    },
  };
}

/** Call it in the turn of `engine.start`: the engine tells of START after that turn. */
function inspect({ advisoryId, clientOrderId, actor }: Execution): void {
  // XState numbers actors within their system, and each of these is alone in one: `x:0` would be the name of all.
  const shown: ActorRefLike = Object.create(actor, { sessionId: { value: clientOrderId } });
  const commands: Parameters<Parameters<typeof actor.on<'*'>>[1]>[0][] = [];
  inspector.actor(shown, actor.getSnapshot());
  actor.on('*', (command) => void commands.push(command));
  // Each fact is told with its commands first, then the state after it.
  actor.subscribe((snapshot) => {
    const event = facts.nextFact(advisoryId) ?? { type: 'unknown' };
    inspector.event(shown, event);
    const { status, value, context, output } = snapshot;
    inspector.snapshot(shown, { status, value, context, output }, { event });
    for (const command of commands.splice(0)) inspector.event('engine', command, { source: shown });
  });
}

const facts = heard(memoryJournal());
const clock = virtualClock();
const broker = paperBroker({
  clock,
  instruments: [{ symbol: 'MSFT', tickSize: '0.01', lotSize: '1' }],
  quotes: { MSFT: '409.20' },
});
const engine = await createEngine({ clock, broker, journal: facts.journal, logger: false });
const execution = engine.start({
  advisoryId: 'ADV-003',
  symbol: 'MSFT',
  side: 'sell',
  referencePrice: '410.00',
  slOffsetPct: '0.02',
  tpOffsetPct: '-0.03',
  positionSize: '30',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
inspect(execution);
const result = await clock.runUntil(execution.result);
await engine.close();

const [first, ...others] = sent;
if (first?.type !== '@xstate.actor') throw new Error('The inspector was not told of the actor.');
console.log(first.name, Object.keys(JSON.parse(first.definition ?? '{}').states).length, 'top states'); // execution 9 top states
const events = others.flatMap(({ type, sessionId, ...rest }) =>
  type === '@xstate.event' && 'event' in rest ? [{ to: sessionId, name: rest.event.type }] : [],
);
const namesOf = (of: typeof events) => of.map(({ name }) => name).join(' ');
console.log(namesOf(events.filter(({ to }) => to !== 'engine').slice(0, 3))); // START BROKER_ASKED SUBMIT_STARTED
console.log(namesOf(events.filter(({ to }) => to === 'engine').slice(0, 3))); // askBroker scheduleDeadline submitOrder
const states = others.flatMap((message) => (message.type === '@xstate.snapshot' ? [message.snapshot] : []));
console.log(JSON.stringify(states.map((state) => 'value' in state && state.value)));
console.log(result.status, states.at(-1)?.status); // FILLED done
