import type { BrokerAdapter } from '../../../src/domain/ports.js';

function labBroker(url: string, by?: string): BrokerAdapter;
