/** Runs the case files, and tests that a table cannot say. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { runCases, Scenario } from 'portcullis-plugin/testing';

import { decide } from '../decide.js';

test('decides as the cases say', () => {
  assert.ok(runCases(new URL('../cases/decisions.json', import.meta.url), decide) > 0);
});

test('blocks everything without settings', () => {
  const decision = decide(new Scenario({ operation: 'SecretGet', source: '10.0.0.1' }));
  assert.equal(decision.kind === 'block' && decision.rule, 'invalid-settings');
});
