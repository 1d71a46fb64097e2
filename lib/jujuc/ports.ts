/** open-port, close-port, opened-ports. On Kubernetes a port is open for every endpoint. */
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, deprecatedFormat, noMore, SMART, type Tool } from './tool.ts';

function portTool(name: 'open-port' | 'close-port'): Tool {
  return defineTool({
    purpose: `Register a request to ${name === 'open-port' ? 'open' : 'close'} a port or port range.`,
    flags: { endpoints: { kind: 'text' }, format: { kind: 'text' } },
    run({ draft, args, text }) {
      const [given, ...rest] = args;
      if (given === undefined) misused('no port or range specified');
      const port = parsePort(given.toLowerCase());
      noMore(rest);
      draft.wishPort(port, name === 'open-port');
      return deprecatedFormat(name, text('format'));
    },
  });
}

export const openPort = portTool('open-port');
export const closePort = portTool('close-port');

/** `80`, `80/udp`, `icmp` -> the name Juju prints. @throws Refusal */
function parsePort(text: string): string {
  if (text === 'icmp') return text;
  const [range = '', protocol = 'tcp', ...more] = text.split('/');
  const [from = '', to = from, ...extra] = range.split('-');
  if (more.length > 0 || extra.length > 0) misused(`invalid port range ${quote(text)}`);
  const [low, high] = [parseNumber(from), parseNumber(to)];
  if (protocol === 'icmp') misused(`protocol "icmp" doesn't support any ports; got ${quote(range)}`);
  if (protocol !== 'tcp' && protocol !== 'udp') {
    misused(`invalid protocol ${quote(protocol)}, expected "tcp", "udp", or "icmp"`);
  }
  if (low > high) misused(`invalid port range ${low}-${high}/${protocol}`);
  if (high > 65535) misused(`port range bounds must be between 0 and 65535, got ${low}-${high}`);
  if (low !== high) {
    refuse('port ranges are not supported for k8s applications, please specify a single port');
  }
  return `${low}/${protocol}`;
}

function parseNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    misused(`invalid port ${quote(text)}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
  }
  return Number(text);
}

export const openedPorts = defineTool({
  purpose: 'List all ports or port ranges opened by the unit.',
  formats: SMART,
  flags: { endpoints: { kind: 'switch' } },
  run({ draft, args, has }) {
    noMore(args);
    return { value: has('endpoints') ? draft.ports().map((port) => `${port} (*)`) : draft.ports() };
  },
});
