/**
 * Decisions, and settings that are read strictly. See `index.d.ts` for what everything means.
 */

export const allow = (rule) => ({ kind: 'allow', rule });
export const deny = (rule, reason) => ({ kind: 'deny', rule, reason });
export const abstain = (reason) => ({ kind: 'abstain', reason });
export const grant = (rule) => ({ kind: 'grant', rule });
export const block = (rule, reason) => ({ kind: 'block', rule, reason });
export const challenge = (rule, reason, claims) => ({ kind: 'challenge', rule, reason, claims });
export const notApplicable = () => ({ kind: 'not-applicable' });

export class InvalidSettings extends Error {}

const WORDS = { string: 'a text', number: 'a number', boolean: 'true or false' };

export function parseSettings(text, shape) {
  let given;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new InvalidSettings(`the settings are not JSON: ${error.message}`);
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new InvalidSettings('the settings are no JSON object');
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(shape, name)) {
      throw new InvalidSettings(`unknown field \`${name}\`, expected one of ${Object.keys(shape).join(', ')}`);
    }
  }
  // Without a prototype, so that no field is one of Object's.
  const settings = Object.create(null);
  for (const [name, kind] of Object.entries(shape)) {
    const required = !kind.endsWith('?');
    if (Object.hasOwn(given, name)) {
      demand(name, given[name], required ? kind : kind.slice(0, -1));
      settings[name] = given[name];
    } else if (required) {
      throw new InvalidSettings(`missing field \`${name}\``);
    }
  }
  return settings;
}

function demand(name, value, kind) {
  if (kind.endsWith('[]')) {
    if (!Array.isArray(value)) throw new InvalidSettings(`\`${name}\` must be a list`);
    value.forEach((item) => demand(`${name}[]`, item, kind.slice(0, -2)));
  } else if (kind.startsWith('map of ')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new InvalidSettings(`\`${name}\` must be an object`);
    }
    Object.entries(value).forEach(([key, item]) => demand(`${name}.${key}`, item, kind.slice('map of '.length)));
  } else if (!Object.hasOwn(WORDS, kind)) {
    throw new TypeError(`settings cannot have a field of kind ${kind}`);
  } else if (typeof value !== kind) {
    throw new InvalidSettings(`\`${name}\` must be ${WORDS[kind]}`);
  }
}
