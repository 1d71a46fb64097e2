/** The same for both sides: Mimir's own would refuse the load. */
export const LIMITS = {
  ingestionRate: 100_000_000,
  /** What the charm makes of the rate. */
  burst: 20 * 100_000_000,
  series: 100_000_000,
} as const;

/** As options of the charm. */
export const OPTIONS = [
  '--config',
  `ingestion-rate=${LIMITS.ingestionRate}`,
  '--config',
  `max-global-series-per-user=${LIMITS.series}`,
] as const;
