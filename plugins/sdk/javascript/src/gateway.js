/**
 * The gateway that runs the plugin. Its imports exist only inside of a component: tests use `portcullis-plugin/testing`.
 */

// Written by `portcullis plugin build` from the project's WIT: a namespace for each interface that plugins import.
import * as wit from 'portcullis-plugin/wit';

import { DAYS, InvalidSettings, parseSettings, schema } from './index.js';

const windows = {
  before: wit.clock.before,
  within: ({ days, begin, end, offset }) =>
    wit.clock.within({ days: Object.fromEntries(DAYS.map((day) => [day, days.includes(day)])), begin, end, offset }),
};

/** The engine gives null for what is none. Everywhere else that is undefined, as `index.d.ts` says. */
const answers = (questions) =>
  Object.fromEntries(Object.entries(questions).map(([name, ask]) => [name, (...given) => ask(...given) ?? undefined]));

const asked = Object.entries(wit).filter(([, questions]) => typeof questions === 'object');

const host = { ...Object.fromEntries(asked.map(([name, questions]) => [name, answers(questions)])), clock: windows };

export const exportAuthorization = (decide) => ({ evaluate: () => opinion(decide(host)) });

export const exportConditionalAccess = (decide) => ({ evaluate: () => access(decide(host)) });

export const exportConfiguration = (shape, parse = (text) => parseSettings(text, shape)) => ({
  validate: (settings) => {
    try {
      parse(settings);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      return [{ pointer: error.pointer, message: error.message }];
    }
  },
  describe: () => schema(shape),
});

/** Since 0.2 there is more to a permission than its rule. */
const permission = (said) => (wit.version.startsWith('0.1.') ? said.rule : obliging(said));

const obliging = ({ rule, obligations }) => ({
  rule,
  obligations: obligations.map(({ name, value = '' }) => ({ name, value })),
});

// Whatever is no decision fails the evaluation, which denies.

function opinion(said) {
  switch (said?.kind) {
    case 'allow':
      return { tag: 'allow', val: permission(said) };
    case 'deny':
      return { tag: 'deny', val: { rule: said.rule, reason: said.reason } };
    case 'abstain':
      return { tag: 'abstain', val: said.reason };
    default:
      throw new TypeError(`no opinion: ${JSON.stringify(said)}`);
  }
}

function access(said) {
  switch (said?.kind) {
    case 'grant':
      return { tag: 'grant', val: permission(said) };
    case 'block':
      return { tag: 'block', val: { rule: said.rule, reason: said.reason } };
    case 'challenge':
      return { tag: 'challenge', val: { rule: said.rule, reason: said.reason, claims: said.claims } };
    case 'not-applicable':
      return { tag: 'not-applicable' };
    default:
      throw new TypeError(`no conditional-access decision: ${JSON.stringify(said)}`);
  }
}
