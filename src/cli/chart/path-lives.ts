/**
 * The generated paths of each chart, as lives to be played.
 */
import { type DatedFact, type Life, lifeOf } from '../../charts/interactive/life.js';
import { executionMachine } from '../../machines/execution.machine.js';
import { killSwitchMachine } from '../../machines/kill-switch.machine.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { executionPaths } from '../../testing/paths/execution-paths.js';
import { exitPaths } from '../../testing/paths/exit-paths.js';
import { switchPaths } from '../../testing/paths/switch-paths.js';

/** Generating them takes some seconds. */
export const pathLives = (): readonly Life[] => [...executionLives(), ...exitLives(), ...switchLives()];

const executionLives = (): readonly Life[] =>
  executionPaths().map(({ id, name, steps }) => {
    const [first] = steps;
    const input = first?.fact.type === 'START' ? first.fact.advisory : undefined;
    const facts = steps.map(({ fact }): DatedFact => ({ fact, at: fact.at }));
    return lifeOf(executionMachine, input, facts, { id, name: `${id} ${name}`, source: 'path' });
  });

const exitLives = (): readonly Life[] =>
  exitPaths().paths.map(({ id, name, facts }) => {
    const dated = facts.map((fact): DatedFact => ({ fact, at: fact.at }));
    return lifeOf(protectionMachine, undefined, dated, { id, name: `${id} ${name}`, source: 'path' });
  });

/** These facts carry no time of their own: one a second. */
const switchLives = (): readonly Life[] =>
  switchPaths().paths.map(({ id, name, facts }) => {
    const dated = facts.map((fact, index): DatedFact => ({ fact, at: index * 1_000 }));
    return lifeOf(killSwitchMachine, undefined, dated, { id, name: `${id} ${name}`, source: 'path' });
  });
