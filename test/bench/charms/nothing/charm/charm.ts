/** Does nothing. */
import { defineCharm } from 'charmwright';
import { spec } from './generated.ts';

export const nothing = defineCharm(spec, {});
