/** Settings are read strictly; a scenario answers as the gateway would, and fails where it would. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { allow, block, InvalidSettings, notApplicable, parseSettings, schema, weekly } from '../src/index.js';
import { runCases, Scenario } from '../src/testing.js';

const SHAPE = { names: 'string[]', limit: 'number?', deep: 'map of string[]?', on: 'boolean?' };
const MONDAY = 1_795_392_000;

test('reads settings that it knows', () => {
  const settings = parseSettings('{"names":["a"],"deep":{"x":["y"]}}', SHAPE);
  assert.deepEqual({ ...settings }, { names: ['a'], deep: { x: ['y'] } });
});

test('refuses settings that it does not understand and says where', () => {
  const table = [
    ['', 'are not JSON', ''],
    ['[]', 'no JSON object', ''],
    ['null', 'no JSON object', ''],
    ['{}', 'missing field `names`', '/names'],
    ['{"names":[],"nmes":[]}', 'unknown field `nmes`', '/nmes'],
    ['{"names":[],"__proto__":1}', 'unknown field `__proto__`', '/__proto__'],
    ['{"names":[],"toString":1}', 'unknown field `toString`', '/toString'],
    ['{"names":[],"a/b~":1}', 'unknown field', '/a~1b~0'],
    ['{"names":"a"}', '`names` must be a list', '/names'],
    ['{"names":["a",1]}', '`names[1]` must be a text', '/names/1'],
    ['{"names":[],"limit":"3"}', '`limit` must be a number', '/limit'],
    ['{"names":[],"deep":{"x":[2]}}', '`deep.x[0]` must be a text', '/deep/x/0'],
    ['{"names":[],"on":1}', '`on` must be true or false', '/on'],
  ];
  for (const [text, message, pointer] of table) {
    assert.throws(
      () => parseSettings(text, SHAPE),
      (error) => error instanceof InvalidSettings && error.message.includes(message) && error.pointer === pointer,
      text,
    );
  }
});

test('describes settings', () => {
  const described = JSON.parse(schema(SHAPE));
  assert.deepEqual(described.required, ['names']);
  assert.deepEqual(described.properties.deep, { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } });
});

test('has a fake of every question of the WIT, and a type of it', () => {
  const types = readFileSync(new URL('../src/index.d.ts', import.meta.url), 'utf8');
  for (const name of ['request', 'principal', 'network', 'directory', 'clock', 'data', 'counter', 'settings']) {
    const file = new URL(`../../../../wit/policy/${name}.wit`, import.meta.url);
    // A later version of the WIT has it.
    if (!existsSync(file)) continue;
    const wit = readFileSync(file, 'utf8');
    const functions = [...wit.matchAll(/^ {4}%?([a-z-]+): func/gm)].map(([, kebab]) =>
      kebab.replace(/-(.)/g, (_, letter) => letter.toUpperCase()),
    );
    assert.ok(functions.length > 0, name);
    for (const one of functions) assert.ok(Object.hasOwn(new Scenario()[name], one), one);
    for (const one of functions) assert.match(types, new RegExp(`^  ${one}\\(`, 'm'));
  }
});

test('answers predicates about networks', () => {
  const { network } = new Scenario({ source: '10.1.2.3', locations: { office: ['10.0.0.0/8'] } });
  assert.ok(network.sourceIn(['10.0.0.0/8']) && network.sourceIn(['10.1.2.3']) && network.namedLocation('office'));
  assert.ok(!network.sourceIn(['192.0.2.0/24', '2001:db8::/32']) && !network.namedLocation('home'));
  assert.ok(!network.namedLocation('constructor') && !network.namedLocationExists('constructor'));
});

test('fails where the gateway would', () => {
  const scenario = new Scenario({ source: '10.1.2.3' });
  for (const question of [
    () => scenario.network.sourceIn([]),
    () => scenario.network.sourceIn(['office']),
    () => scenario.network.sourceIn(['10.0.0.0/33']),
    () => scenario.principal.inGroup('admins'),
    () => scenario.request.attribute('colour'),
    () => scenario.data.value('d', 'no-pointer'),
    () => weekly(['mon'], '08:00', '18:00'),
    () => weekly(['monday'], '8:00', '18:00'),
    () => weekly(['monday'], '24:00', '24:00'),
    () => new Scenario({ vualt: 'a' }),
  ]) {
    assert.throws(question);
  }
});

test('a window may end on the next day and in another zone', () => {
  const table = [
    [0, 22 * 3600, true],
    [0, 30 * 3600 - 1, true],
    [0, 30 * 3600, false],
    [0, 5 * 3600, false],
    [60, 21 * 3600, true],
    [60, 20 * 3600, false],
  ];
  for (const [offset, after, expected] of table) {
    const scenario = new Scenario({ time: MONDAY + after });
    assert.equal(scenario.clock.within(weekly(['monday'], '22:00', '06:00', offset)), expected, `${offset} ${after}`);
  }
});

test('a case file names every failure', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'cases.json');
  const write = (cases) => writeFileSync(file, JSON.stringify({ cases }));
  write([
    { name: 'one', expect: { allow: 'a' } },
    { name: 'two', expect: { allow: 'b' } },
    { name: 'three', expect: { allow: 'a' }, asked: ['vault = none'] },
    { name: 'four', expect: { allow: 'a', obligations: ['no-store'] } },
  ]);
  assert.throws(() => runCases(file, () => allow('a')), /3 of 4 cases failed[^]*two:[^]*three:[^]*four:/);
  assert.throws(() => runCases(file, () => notApplicable()));
  assert.throws(() => runCases(file, () => block('a', 'because')));
  write([{ name: 'x', expects: {} }]);
  assert.throws(() => runCases(file, () => allow('a')), /unknown fields expects/);
  write([]);
  assert.throws(() => runCases(file, () => allow('a')), /has no cases/);
});
