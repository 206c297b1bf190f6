/**
 * The gateway that runs the plugin. Its imports exist only inside of a component: tests use `portcullis-plugin/testing`.
 */

import * as clock from 'portcullis:policy/clock@0.1.0';
import * as directory from 'portcullis:policy/directory@0.1.0';
import * as network from 'portcullis:policy/network@0.1.0';
import * as principal from 'portcullis:policy/principal@0.1.0';
import * as request from 'portcullis:policy/request@0.1.0';
import * as settings from 'portcullis:policy/settings@0.1.0';

const host = { clock, directory, network, principal, request, settings };

export const exportAuthorization = (decide) => ({ evaluate: () => opinion(decide(host)) });

export const exportConditionalAccess = (decide) => ({ evaluate: () => access(decide(host)) });

// Whatever is no decision fails the evaluation, which denies.

function opinion(said) {
  switch (said?.kind) {
    case 'allow':
      return { tag: 'allow', val: said.rule };
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
      return { tag: 'grant', val: said.rule };
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
