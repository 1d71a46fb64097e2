/**
 * zod compiles each schema of an object to a function when it is first used. That pays after thousands of values; a
 * dispatch parses a few dozen. A schema decides it when it is made, so this comes before whatever makes one.
 */
import * as z from 'zod';

z.config({ jitless: true });
