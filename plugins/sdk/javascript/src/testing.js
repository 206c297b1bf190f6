/** Fakes for native tests. */

export { Scenario } from './scenario.js';
export { runCases } from './cases.js';
