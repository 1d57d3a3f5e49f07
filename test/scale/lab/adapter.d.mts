import type { BrokerAdapter } from '../../../src/domain/ports.js';

export function labBroker(url: string): BrokerAdapter;
