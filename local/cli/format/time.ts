/** Times as juju prints them. All take ISO 8601 and answer in the machine's zone, or in UTC when asked. */

interface Fields {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly clock: string;
  /** `Z`, or `+02:00`. */
  readonly zone: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

function fields(iso: string, utc: boolean): Fields {
  const time = new Date(iso);
  const offset = utc ? 0 : -time.getTimezoneOffset();
  // Shifted so that the UTC getters give the fields of the zone wanted.
  const shifted = new Date(time.getTime() + offset * 60_000).toISOString();
  const sign = offset < 0 ? '-' : '+';
  const pad = (value: number) => String(value).padStart(2, '0');
  const absolute = Math.abs(offset);
  return {
    year: shifted.slice(0, 4),
    month: shifted.slice(5, 7),
    day: shifted.slice(8, 10),
    clock: shifted.slice(11, 19),
    zone: offset === 0 ? 'Z' : `${sign}${pad(Math.floor(absolute / 60))}:${pad(absolute % 60)}`,
  };
}

/** `since` in status: `19 Nov 2025 10:00:00Z`; with `utc` `2025-11-19 10:00:00Z`. */
export function statusTime(iso: string, utc: boolean): string {
  const { year, month, day, clock, zone } = fields(iso, utc);
  return utc
    ? `${year}-${month}-${day} ${clock}Z`
    : `${day} ${months[Number(month) - 1]} ${year} ${clock}${zone}`;
}

/** The timestamp column of status: `10:00:00Z`, `12:00:00+02:00`. */
export function timeOfDay(iso: string, utc: boolean): string {
  const { clock, zone } = fields(iso, utc);
  return `${clock}${zone}`;
}

/** A line's time in an action's progress: `10:00:00`. */
export function clockTime(iso: string, utc: boolean): string {
  return fields(iso, utc).clock;
}

/** A time in an action's result: `2025-11-19 10:00:00 +0000 UTC` in UTC, `… +0200` elsewhere. */
export function resultTime(iso: string, utc: boolean): string {
  const { year, month, day, clock, zone } = fields(iso, utc);
  const offset = zone === 'Z' ? '+0000 UTC' : zone.replace(':', '');
  return `${year}-${month}-${day} ${clock} ${offset}`;
}

/** debug-log's time: `10:00:00`, with the date and milliseconds when asked. */
export function logTime(iso: string, options: { utc: boolean; date: boolean; ms: boolean }): string {
  const { year, month, day, clock } = fields(iso, options.utc);
  const fraction = options.ms ? `.${String(new Date(iso).getUTCMilliseconds()).padStart(3, '0')}` : '';
  return `${options.date ? `${year}-${month}-${day} ` : ''}${clock}${fraction}`;
}
