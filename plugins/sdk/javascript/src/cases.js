/** Case files: tests of a plugin for those who do not write code. The format is that of every SDK. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Scenario } from './scenario.js';

export function runCases(file, decide) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  demandKnown(content, ['given', 'cases'], String(file));
  assert.ok(content.cases.length > 0, `${file} has no cases`);
  const failures = content.cases.map((one) => check(content.given ?? {}, one, decide)).filter(Boolean);
  assert.equal(failures.length, 0, `${failures.length} of ${content.cases.length} cases failed:\n${failures.join('\n')}`);
  return content.cases.length;
}

function check(common, one, decide) {
  demandKnown(one, ['name', 'given', 'expect', 'asked'], one.name ?? 'a case');
  const scenario = new Scenario({ ...common, ...one.given });
  const said = decide(scenario);
  const obliged = (said.obligations ?? []).map(({ name, value }) => (value ? `${name}=${value}` : name));
  const { reason = '', obligations = obliged, ...expected } = one.expect;
  const kinds = Object.keys(expected);
  const met = kinds.length === 1 && kinds[0] === said.kind && expected[said.kind] === (said.rule ?? true);
  if (!met || JSON.stringify(obligations) !== JSON.stringify(obliged) || !(said.reason ?? '').includes(reason)) {
    return `${one.name}: expected ${JSON.stringify(one.expect)}, but it said ${JSON.stringify(said)}`;
  }
  if (one.asked && JSON.stringify(one.asked) !== JSON.stringify(scenario.asked)) {
    return `${one.name}: asked ${JSON.stringify(scenario.asked, null, 1)}`;
  }
  return undefined;
}

function demandKnown(given, known, where) {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${where}: unknown fields ${unknown.join(', ')}`);
}
