/** `fillchart/testing`: what QA needs to test against the engine, or an adapter against its port. */

export {
  type BrokerCall,
  type BrokerMethod,
  type Fault,
  type FaultBroker,
  type FaultBrokerOptions,
  faultBroker,
  type OrderScript,
} from './fault-broker.js';
export { VIRTUAL_EPOCH_MS, type VirtualClock, virtualClock } from './virtual-clock.js';
