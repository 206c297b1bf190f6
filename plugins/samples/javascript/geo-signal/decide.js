// @ts-check
/** From where in the world: blocks requests from elsewhere than the countries and networks (ASN) that are named. */

import { block, grant, InvalidSettings, notApplicable, parseSettings } from 'portcullis-plugin';

/** What `parseSettings` demands of the settings. Countries and networks are as the signal source writes them. */
export const SHAPE = { operations: 'string[]', countries: 'string[]', asns: 'string[]?' };

/** @param {string} text */
function settingsFrom(text) {
  const settings = parseSettings(text, SHAPE);
  if (settings.operations.length === 0 || settings.countries.length === 0) {
    throw new InvalidSettings('`operations` and `countries` name at least one each');
  }
  return settings;
}

/**
 * Signals are told by a `[[signal_source]]` of the gateway's configuration; clients cannot. What is not known is
 * elsewhere.
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
    return block('invalid-settings', `the settings of geo-signal are invalid: ${error.message}`);
  }
  if (!host.request.operationIn(settings.operations)) return notApplicable();
  const country = host.network.signal('country');
  if (country === undefined) return block('geo-signal', 'nobody has told from which country this comes');
  if (!settings.countries.includes(country)) return block('geo-signal', 'this is not done from that country');
  if (settings.asns === undefined) return grant('geo-signal');
  const asn = host.network.signal('asn');
  if (asn === undefined || !settings.asns.includes(asn)) {
    return block('geo-signal', 'this is not done from that network');
  }
  return grant('geo-signal');
}
