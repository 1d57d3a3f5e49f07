/**
 * Laws of the edge: no clock, timer, randomness or environment is read inside it.
 */
import {
  declaredNames,
  importsOf,
  inSrc,
  isReference,
  type Law,
  layerOf,
  type Place,
  placesOf,
  propertyName,
  textOf,
} from './sources.js';

/** The layers where the outside world begins. */
const EDGE = ['adapters', 'browser', 'service', 'restate', 'cli'];
const AMBIENT = ['setTimeout', 'setInterval', 'setImmediate', 'process', 'performance', 'globalThis', 'global'];
const AMBIENT_MEMBERS = ['Date.now', 'Math.random'];
const RANDOM = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'];
const AMBIENT_MODULES = /^(?:node:)?(?:process|perf_hooks|timers|timers\/promises|os)$/;
/** Lets a virtual clock wait for promises to settle: a turn of the event loop, not a reading of any clock. */
const MAY_YIELD_A_TURN = /^src\/testing\//;

export const nothingAmbientOutsideTheEdge: Law = (files) =>
  inSrc(files)
    .filter((file) => !EDGE.includes(layerOf(file.path)))
    .flatMap((file) => {
      const declared = declaredNames(file);
      const yields = (name: string) => name === 'setImmediate' && MAY_YIELD_A_TURN.test(file.path);
      const imported = importsOf(file)
        .filter(({ name, module }) => RANDOM.includes(name) || (AMBIENT_MODULES.test(module) && !yields(name)))
        .map(({ name, module }) => `${name} from ${module}`);
      const used = placesOf(file)
        .map((place) => ambientUse(place, declared))
        .filter((name) => name !== undefined && !yields(name));
      return [...imported, ...used].map((name) => `${file.path} uses ${name}`);
    });

function ambientUse({ node, parent }: Place, declared: ReadonlySet<string>): string | undefined {
  if (node.type === 'MemberExpression') {
    const property = propertyName(node);
    const name = `${node.object?.name}.${property}`;
    if (AMBIENT_MEMBERS.includes(name)) return name;
    return property !== undefined && RANDOM.includes(property) ? property : undefined;
  }
  if (node.type === 'NewExpression' && node.callee?.name === 'Date' && node.arguments?.length === 0) {
    return 'new Date()';
  }
  if (node.type === 'CallExpression' && node.callee?.name === 'Date') return 'Date()';
  if (node.type !== 'Identifier' || node.name === undefined || !AMBIENT.includes(node.name)) return undefined;
  return declared.has(node.name) || !isReference(node, parent) ? undefined : node.name;
}

const RXJS_CLOCKS = ['asyncScheduler', 'asapScheduler', 'animationFrameScheduler', 'animationFrames'];
const RXJS_TIMED = [
  ...['interval', 'timer', 'delay', 'timeout', 'debounceTime', 'throttleTime', 'auditTime', 'sampleTime'],
  ...['bufferTime', 'windowTime', 'timeInterval', 'timestamp'],
];

/** RxJS reads the system clock by itself wherever no scheduler is given. */
export const rxjsRunsOnAGivenScheduler: Law = (files) =>
  inSrc(files)
    .filter((file) => !EDGE.includes(layerOf(file.path)))
    .flatMap((file) => {
      const rxjs = importsOf(file).filter(({ module }) => /^rxjs(?:$|\/)/.test(module));
      const timed = new Map(
        rxjs.filter(({ name }) => RXJS_TIMED.includes(name)).map(({ name, local }) => [local, name]),
      );
      const clocks = rxjs
        .filter(({ name }) => RXJS_CLOCKS.includes(name))
        .map(({ name }) => `${file.path} uses ${name}`);
      const unscheduled = placesOf(file)
        .filter(({ node }) => node.type === 'CallExpression' && timed.has(node.callee?.name ?? ''))
        .filter(({ node }) => !/schedul/i.test(node.arguments?.map((argument) => textOf(file, argument)).join() ?? ''))
        .map(({ node }) => `${file.path} calls ${timed.get(node.callee?.name ?? '')} without a scheduler`);
      return [...clocks, ...unscheduled];
    });
