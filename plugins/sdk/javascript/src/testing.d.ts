import type { Access, Host, Opinion } from './index.js';

/**
 * A host for native tests, answering as the gateway would, from a case file's words. What they leave out is empty, false
 * or nothing. Where the gateway would fail the evaluation, such as at a prefix that is none, the questions throw.
 */
export class Scenario implements Host {
  constructor(given?: Record<string, unknown>);
  /** What was asked, as the gateway's traces show it. */
  readonly asked: string[];
  readonly request: Host['request'];
  readonly principal: Host['principal'];
  readonly network: Host['network'];
  readonly directory: Host['directory'];
  readonly clock: Host['clock'];
  readonly settings: Host['settings'];
}

/**
 * Runs a case file, the same format in every SDK, against a decision function; throws with all cases that failed.
 * Returns how many cases there are.
 */
export function runCases(file: string | URL, decide: (host: Host) => Opinion | Access): number;
