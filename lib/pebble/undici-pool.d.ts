/** undici types only its whole; this is the one part of it that is loaded alone. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';

  export = Pool;
}
