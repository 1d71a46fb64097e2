/**
 * What an action stores is lost when it is killed. This notice wakes the charm after an action `drain`, however it ends.
 */
export const DRAIN_NOTICE = 'mimir-k8s-charm.local/drain';
