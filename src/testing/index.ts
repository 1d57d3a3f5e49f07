/** `fillchart/testing`: what QA needs to test against the engine, or an adapter against its port. */

export { type AlpacaSimulator, alpacaSimulator } from './alpaca-simulator/alpaca-simulator.js';
export type {
  AlpacaAnswer,
  AlpacaAsset,
  AlpacaFault,
  AlpacaFill,
  AlpacaRequest,
  AlpacaRoute,
  AlpacaScript,
  AlpacaSimulatorOptions,
} from './alpaca-simulator/simulator-options.js';
export {
  type CaseResult,
  type ConformanceCase,
  type ConformanceReport,
  conformanceReport,
  conformBroker,
  type TestRunner,
} from './conformance/conform.js';
export { type ConformFormat, formatConformance } from './conformance/conform-report.js';
export type { ConformanceOptions, ConformanceSubject, MakeBroker, Situation } from './conformance/subject.js';
export type { VenuePowers } from './conformance/venue-powers.js';
export {
  type BrokerCall,
  type BrokerMethod,
  type ExitScript,
  type Fault,
  type FaultBroker,
  type FaultBrokerOptions,
  faultBroker,
  type OrderScript,
} from './fault-broker.js';
export type { Violation } from './laws/law-court.js';
export { type BrokenLaw, brokenLaws, type LawSubject } from './laws/record-laws.js';
export { type AdapterPath, type AdapterPathOptions, adapterPaths, runAdapterPath } from './paths/adapter-paths.js';
export {
  type ExecutionPath,
  type ExecutionPathOptions,
  type ExecutionPathStep,
  executionPaths,
  runExecutionPath,
} from './paths/execution-paths.js';
export {
  type MortalOptions,
  type MortalProcess,
  mortalProcess,
  type Step,
  type StepKind,
} from './simulation/mortal-process.js';
export { type Random, seededRandom } from './simulation/random.js';
export { replayCommand, type SimulationOptions, type SimulationReport, simulate } from './simulation/simulate.js';
export { type StoryOptions, type StoryReport, tellStory } from './simulation/story.js';
export { type VirtualDisk, virtualDisk } from './simulation/virtual-disk.js';
export { Venue } from './venue/venue.js';
export type { VenueOptions } from './venue/venue-options.js';
export type { VenueEvent, VenueOrder } from './venue/venue-order.js';
export type { OrderPlan, PlannedFill } from './venue/venue-plan.js';
export { VenuePort } from './venue/venue-port.js';
export type { VenueProfile } from './venue/venue-rules.js';
export { type VenueTruth, venueTruths } from './venue/venue-truth.js';
export { VIRTUAL_EPOCH_MS, type VirtualClock, virtualClock } from './virtual-clock.js';
