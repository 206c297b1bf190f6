/**
 * Decisions, and settings that are read strictly. See `index.d.ts` for what everything means.
 */

export const allow = (rule, obligations = []) => ({ kind: 'allow', rule, obligations });
export const deny = (rule, reason) => ({ kind: 'deny', rule, reason });
export const abstain = (reason) => ({ kind: 'abstain', reason });
export const grant = (rule, obligations = []) => ({ kind: 'grant', rule, obligations });
export const block = (rule, reason) => ({ kind: 'block', rule, reason });
export const challenge = (rule, reason, claims) => ({ kind: 'challenge', rule, reason, claims });
export const notApplicable = () => ({ kind: 'not-applicable' });

export const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

export function weekly(days, begin, end, offset = 0) {
  if (days.length === 0 || !days.every((day) => DAYS.includes(day))) {
    throw new RangeError(`days are some of ${DAYS.join(', ')}`);
  }
  if (!(Number.isInteger(offset) && Math.abs(offset) <= 840)) throw new RangeError('a zone is at most 14 hours off UTC');
  const window = { days, begin: minutes(begin), end: minutes(end), offset };
  if (window.begin >= 1440 || window.end > 1440) throw new RangeError('a window begins before 24:00 and ends by 24:00');
  return window;
}

function minutes(text) {
  const found = /^(\d\d):([0-5]\d)$/.exec(text);
  if (!found) throw new RangeError(`\`${text}\` is no time of the day, such as \`08:00\``);
  return Number(found[1]) * 60 + Number(found[2]);
}

export class InvalidSettings extends Error {
  constructor(message, pointer = '') {
    super(message);
    this.pointer = pointer;
  }
}

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
      throw new InvalidSettings(`unknown field \`${name}\`, expected one of ${Object.keys(shape).join(', ')}`, pointer(name));
    }
  }
  // Without a prototype, so that no field is one of Object's.
  const settings = Object.create(null);
  for (const [name, kind] of Object.entries(shape)) {
    const required = !kind.endsWith('?');
    if (Object.hasOwn(given, name)) {
      demand(name, given[name], required ? kind : kind.slice(0, -1), pointer(name));
      settings[name] = given[name];
    } else if (required) {
      throw new InvalidSettings(`missing field \`${name}\``, pointer(name));
    }
  }
  return settings;
}

function demand(name, value, kind, at) {
  if (kind.startsWith('map of ')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new InvalidSettings(`\`${name}\` must be an object`, at);
    }
    const items = kind.slice('map of '.length);
    Object.entries(value).forEach(([key, item]) => demand(`${name}.${key}`, item, items, at + pointer(key)));
  } else if (kind.endsWith('[]')) {
    if (!Array.isArray(value)) throw new InvalidSettings(`\`${name}\` must be a list`, at);
    value.forEach((item, index) => demand(`${name}[${index}]`, item, kind.slice(0, -2), `${at}/${index}`));
  } else if (!Object.hasOwn(WORDS, kind)) {
    throw new TypeError(`settings cannot have a field of kind ${kind}`);
  } else if (typeof value !== kind) {
    throw new InvalidSettings(`\`${name}\` must be ${WORDS[kind]}`, at);
  }
}

/** RFC 6901, section 3. */
function pointer(name) {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

export function schema(shape) {
  const kinds = Object.entries(shape);
  return JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(kinds.map(([name, kind]) => [name, schemaOf(kind.replace(/\?$/, ''))])),
    required: kinds.filter(([, kind]) => !kind.endsWith('?')).map(([name]) => name),
    additionalProperties: false,
  });
}

function schemaOf(kind) {
  if (kind.startsWith('map of ')) return { type: 'object', additionalProperties: schemaOf(kind.slice('map of '.length)) };
  if (kind.endsWith('[]')) return { type: 'array', items: schemaOf(kind.slice(0, -2)) };
  return { type: kind };
}
