import type { Access, Host, Opinion } from './index.js';

/** What a plugin that authorizes exports as `authorization`. */
export function exportAuthorization(decide: (host: Host) => Opinion): { evaluate(): unknown };
/** What a plugin that judges circumstances exports as `conditionalAccess`. */
export function exportConditionalAccess(decide: (host: Host) => Access): { evaluate(): unknown };
