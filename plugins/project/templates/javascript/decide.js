// @ts-check
/** What {{name}} decides. Pure code: tests give it a scenario, the gateway gives it itself. */

import { block, InvalidSettings, notApplicable, parseSettings } from 'portcullis-plugin';

/**
 * How the plugin is installed.
 *
 * @typedef {object} Settings
 * @property {string[]} operations The operations that are watched, as the audit log names them.
 * @property {string[]} prefixes From where they may be done.
 */

/** What `parseSettings` demands of them. */
export const SHAPE = { operations: 'string[]', prefixes: 'string[]' };

/**
 * @param {string} text
 * @returns {Settings}
 */
export function settingsFrom(text) {
  const settings = parseSettings(text, SHAPE);
  if (settings.operations.length === 0 || settings.prefixes.length === 0) {
    throw new InvalidSettings('`operations` and `prefixes` name at least one each');
  }
  return /** @type {any} */ (settings);
}

/**
 * Blocks the watched operations from everywhere but the given networks.
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
    // Settings that are not understood block everything: a misspelt policy must not be one that never applies.
    return block('invalid-settings', `the settings of {{name}} are invalid: ${error.message}`);
  }
  if (!host.request.operationIn(settings.operations)) return notApplicable();
  if (host.network.sourceIn(settings.prefixes)) return notApplicable();
  return block('{{name}}', 'this is done from the inner network only');
}
