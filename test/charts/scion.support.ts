/**
 * SCION, an independent SCXML interpreter, as a runner of our SCXML. It is installed beside the project on first use: it
 * needs a hundred packages that nobody else does.
 *
 * 1. The platform that the SCXML asks for is here: guards and actions by name, the context, `T()` and `repeat()`.
 * 2. Which transition is taken, in which order actions run, and which state is reached is SCION's doing alone.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine, EventObject } from 'xstate';
import { type Chart, readChart } from '../../src/charts/chart.js';
import { DEADLINES, type DeadlineName } from '../../src/charts/deadlines.js';
import type { LifePath } from './lives.support.js';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const FOLDER = root('.tmp/scion');

interface Statechart {
  start(): readonly string[];
  gen(event: { readonly name: string; readonly data: unknown }): void;
  getConfiguration(): readonly string[];
  on(name: 'onTransition', listener: (source: string, targets: readonly string[], index: number) => void): void;
}

interface Scion {
  documentStringToModel(
    url: string,
    text: string,
    done: (
      error: unknown,
      model: { prepare(done: (error: unknown, made: unknown) => void, context: object): void },
    ) => void,
  ): void;
  readonly core: { readonly Statechart: new (made: unknown, options: object) => Statechart };
}

/** @throws where npm cannot install it */
export function loadScion(): Scion {
  if (!existsSync(`${FOLDER}/node_modules/@scion-scxml/scxml/package.json`)) {
    mkdirSync(FOLDER, { recursive: true });
    for (const file of ['package.json', 'package-lock.json'])
      cpSync(root(`test/charts/scion/${file}`), `${FOLDER}/${file}`);
    const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm cannot install SCION, which runs the SCXML: ${stderr}`);
  }
  return createRequire(`${FOLDER}/package.json`)('@scion-scxml/scxml') as Scion;
}

export interface RunStep {
  readonly transitions: readonly string[];
  /** Ids of the innermost states. */
  readonly states: readonly string[];
  readonly context: unknown;
  readonly commands: readonly unknown[];
  /** Delays of the deadlines asked for, in ms. */
  readonly delays: readonly (readonly [name: string, ms: number])[];
}

interface Args {
  readonly context: Record<string, unknown>;
  readonly event: EventObject;
}
type Guard = (args: Args, params: unknown) => boolean;
/** What `assign` and `emit` of XState make. */
interface Action {
  readonly type: 'xstate.assign' | 'xstate.emit';
  readonly assignment: (args: Args, params: unknown) => Record<string, unknown>;
  readonly event: ((args: Args, params: unknown) => unknown) | object;
}

/** Runs paths through the SCXML of a machine. */
export async function scionRunner(
  text: string,
  machine: AnyStateMachine,
): Promise<(path: LifePath) => readonly RunStep[]> {
  const scion = loadScion();
  const chart = readChart(machine);
  const platform = new Platform(machine, chart);
  const made = await new Promise<unknown>((resolve, reject) => {
    scion.documentStringToModel('chart.scxml', text, (error, model) => {
      if (error !== null && error !== undefined) reject(error);
      else model.prepare((fault, result) => (fault ? reject(fault) : resolve(result)), platform.functions());
    });
  });
  return ({ input, facts }) => {
    platform.begin(input);
    const statechart = new scion.core.Statechart(made, {
      customSend: (event: { readonly data?: { readonly name?: DeadlineName } }, options: { readonly delay?: number }) =>
        platform.schedule(event.data?.name, options.delay ?? 0),
    });
    statechart.on('onTransition', (source, _targets, index) => platform.took(source, index));
    statechart.start();
    return facts.map((fact) => {
      platform.turn(fact);
      statechart.gen({ name: fact.type, data: fact });
      return { ...platform.heard(), states: statechart.getConfiguration() };
    });
  };
}

class Platform {
  readonly #machine: AnyStateMachine;
  readonly #chart: Chart;
  #context: Record<string, unknown> = {};
  #event: EventObject = { type: 'xstate.init' };
  #transitions: string[] = [];
  #commands: unknown[] = [];
  #delays: (readonly [string, number])[] = [];

  constructor(machine: AnyStateMachine, chart: Chart) {
    this.#machine = machine;
    this.#chart = chart;
  }

  begin(input: unknown): void {
    const { context } = this.#machine.config;
    this.#context = (typeof context === 'function' ? context({ input } as never) : context) as Record<string, unknown>;
    this.turn({ type: 'xstate.init' });
  }

  turn(event: EventObject): void {
    this.#event = event;
    [this.#transitions, this.#commands, this.#delays] = [[], [], []];
  }

  heard(): Omit<RunStep, 'states'> {
    const [transitions, context, commands, delays] = [this.#transitions, this.#context, this.#commands, this.#delays];
    return { transitions, context, commands, delays };
  }

  took(source: string, index: number): void {
    this.#transitions.push(this.#chart.transitions.filter((one) => one.source === source)[index]?.id ?? `${source}?`);
  }

  /** What the SCXML calls by name. Values come in the order in which the chart writes the parameters. */
  functions(): object {
    const { guards, actions } = this.#machine.implementations;
    const call = (run: (name: string, params: unknown) => unknown) => (name: string) => {
      const keys = this.#parametersOf(name);
      return (...values: readonly unknown[]) =>
        run(
          name,
          values.length === 0
            ? undefined
            : Object.fromEntries(values.map((value, index) => [keys[index] ?? '', value])),
        );
    };
    const guard = call((name, params) => (guards[name] as unknown as Guard)(this.#args(), params));
    const action = call((name, params) => this.act(name, params));
    const named = (names: readonly string[], make: (name: string) => unknown) =>
      Object.fromEntries(names.map((name) => [name, make(name)]));
    return {
      ...named(Object.keys(guards), guard),
      ...named(Object.keys(actions), action),
      T: () => this.#sinceFirstSubmit(),
      repeat: (name: DeadlineName) => this.#repeatOf(name),
    };
  }

  act(name: string, params: unknown): void {
    const action = this.#machine.implementations.actions[name] as unknown as Action;
    if (action.type === 'xstate.assign')
      this.#context = { ...this.#context, ...action.assignment(this.#args(), params) };
    else this.#commands.push(typeof action.event === 'function' ? action.event(this.#args(), params) : action.event);
  }

  schedule(name: DeadlineName | undefined, delay: number): void {
    if (name === undefined) throw new Error('a deadline without a name');
    this.#delays.push([name, delay]);
    this.act(DEADLINES[name].scheduledBy, undefined);
  }

  #args(): Args {
    return { context: this.#context, event: this.#event };
  }

  #parametersOf(name: string): readonly string[] {
    const steps = [
      ...this.#chart.states.flatMap(({ entry, exit }) => [...entry, ...exit]),
      ...this.#chart.transitions.flatMap(({ guard, actions }) => [...(guard === undefined ? [] : [guard]), ...actions]),
    ];
    // The longest list: what a step leaves out stands last.
    const lists = steps.filter((step) => step.name === name).map(({ params }) => Object.keys(params ?? {}));
    return lists.reduce<readonly string[]>((longest, list) => (list.length > longest.length ? list : longest), []);
  }

  #sinceFirstSubmit(): number {
    const { at } = this.#event as { readonly at?: number };
    const { firstSubmitAt } = this.#context as { readonly firstSubmitAt?: number };
    return firstSubmitAt === undefined || at === undefined ? 0 : at - firstSubmitAt;
  }

  /** As the context counts them: tries of the call whose repeat is asked for. */
  #repeatOf(name: DeadlineName): number {
    const { attempts, cancel, protection, unanswered } = this.#context as {
      readonly attempts?: readonly unknown[];
      readonly cancel?: { readonly tries?: number };
      readonly protection?: { readonly tries?: number };
      readonly unanswered?: number;
    };
    const counts: Partial<Record<DeadlineName, number | undefined>> = {
      submitRetry: attempts?.length,
      cancelRetry: cancel?.tries,
      protectionRetry: protection?.tries,
      positionRetry: unanswered,
    };
    return counts[name] ?? 1;
  }
}
