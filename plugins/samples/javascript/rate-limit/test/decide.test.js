/** Runs the case file natively. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { runCases } from 'portcullis-plugin/testing';

import { decide } from '../decide.js';

test('decides as the cases say', () => {
  assert.ok(runCases(new URL('../cases/decisions.json', import.meta.url), decide) > 0);
});
