/** The options, checked. */
import * as z from 'zod';
import { parseRules } from './alert-rules.ts';

const words = z.string().transform((text) => text.split(/\s+/).filter((word) => word !== ''));

const labels = z.string().transform((text, context) => {
  const pairs = [...text.matchAll(/(\S+)/g)].map(([word]) => /^([a-zA-Z_]\w*)=(.*)$/.exec(word));
  const good = pairs.filter((pair) => pair !== null);
  if (good.length < pairs.length) context.addIssue('name=value, with spaces between');
  return Object.fromEntries(good.map(([, name = '', value = '']) => [name, value]));
});

const rules = z.string().transform((text, context) => {
  try {
    return parseRules(text);
  } catch (error) {
    context.addIssue(`a file of rules: ${String(error)}`);
    return [];
  }
});

export const options = z.object({
  mode: z.enum(['agent', 'full']),
  targets: words.pipe(z.array(z.string().regex(/^[\w.-]+:\d+$/, 'host:port, with spaces between'))),
  'scrape-interval': z.string().regex(/^\d+(ms|s|m)$/, 'a number with ms, s or m'),
  'external-labels': labels,
  'alert-rules': rules,
});

export type Options = z.output<typeof options>;
