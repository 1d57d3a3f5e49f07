import type { BrokerAdapter } from '../../../src/domain/ports.js';

export function labBroker(url: string, by?: string): BrokerAdapter;
