/** A charm cannot be packed; the message says which file is the reason and what to do. */
export class PackError extends Error {
  override name = 'PackError';
}
