/** The model's network. Its namespaces are its own, so that every model may have the same one. */
export const NETWORK = { gateway: '10.87.0.1', bits: 16 } as const;
/** The half of it that the daemon itself holds, for the applications' services; pods have the other. */
export const SERVICES = '10.87.128.0/17';
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
