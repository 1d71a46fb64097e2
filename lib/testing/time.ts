/** The only time there is in a test: worlds must not differ by when they were made. */
export const TIME = '2026-01-01T00:00:00Z';
