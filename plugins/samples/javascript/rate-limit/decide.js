// @ts-check
/** So much and no more: blocks a caller who does something too often. */

import { block, InvalidSettings, notApplicable, parseSettings } from 'portcullis-plugin';

/** What `parseSettings` demands of the settings. */
export const SHAPE = { operations: 'string[]', limit: 'number', seconds: 'number', exempt: 'string?' };

/** @param {string} text */
function settingsFrom(text) {
  const settings = parseSettings(text, SHAPE);
  const whole = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;
  if (settings.operations.length === 0 || !whole(settings.limit, 1_000_000) || !whole(settings.seconds, 86_400)) {
    throw new InvalidSettings('`operations` names one, `limit` and `seconds` (at most a day) are whole numbers');
  }
  return settings;
}

/**
 * Counts each caller under a key of his own. A decision that rests on a counter is never remembered, so what is not
 * counted is decided first.
 *
 * @param {import('portcullis-plugin').Host} host
 * @returns {import('portcullis-plugin').Access}
 */
export function decide(host) {
  let settings;
  try {
    settings = settingsFrom(host.settings.json());
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    return block('invalid-settings', `the settings of rate-limit are invalid: ${error.message}`);
  }
  if (!host.request.operationIn(settings.operations)) return notApplicable();
  if (settings.exempt !== undefined && host.principal.inGroup(settings.exempt)) return notApplicable();
  if (host.counter.rate(host.principal.id(), settings.limit, settings.seconds)) return notApplicable();
  return block('rate-limit', `at most ${settings.limit} of these within ${settings.seconds} seconds`);
}
