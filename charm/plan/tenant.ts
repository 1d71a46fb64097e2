/** The tenant that exists while multitenancy is off, and whose the charm's own affairs are. */
export const DEFAULT_TENANT = 'anonymous';
