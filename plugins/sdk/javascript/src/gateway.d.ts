import type { Access, Host, Opinion } from './index.js';

/** What a plugin that authorizes exports as `authorization`. */
export function exportAuthorization(decide: (host: Host) => Opinion): { evaluate(): unknown };
/** What a plugin that judges circumstances exports as `conditionalAccess`. */
export function exportConditionalAccess(decide: (host: Host) => Access): { evaluate(): unknown };
/**
 * What a plugin exports as `configuration`: its settings are validated by `parse`, or read strictly by the shape, before
 * they take effect, and described by it.
 */
export function exportConfiguration(
  shape: Record<string, string>,
  parse?: (text: string) => unknown,
): { validate(settings: string): unknown; describe(): string };
