/** What the gateway finds in the component: one line for each hook. */

import { exportConditionalAccess } from 'portcullis-plugin/gateway';

import { decide } from './decide.js';

export const conditionalAccess = exportConditionalAccess(decide);
