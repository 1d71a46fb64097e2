/** Addresses in the model's 10.87.0.0/16: pods below 10.87.128.0, services above. */
const PODS_FROM = 256 + 2;
const SERVICES_FROM = 128 * 256 + 1;

export function podAddress(sequence: number): string {
  return address(PODS_FROM + (sequence % (SERVICES_FROM - PODS_FROM - 1)));
}

export function serviceAddress(sequence: number): string {
  return address(SERVICES_FROM + (sequence % (126 * 256)));
}

function address(offset: number): string {
  return `10.87.${Math.floor(offset / 256)}.${offset % 256}`;
}
