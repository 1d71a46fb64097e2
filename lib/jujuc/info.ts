/** What a unit asks about itself and its model: config, network, goal state, credentials, resources. */
import { lookup } from './bag.ts';
import type { Draft } from './draft.ts';
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, noMore, SMART, YAML } from './tool.ts';
import type { NetworkView } from './view.ts';

export const configGet = defineTool({
  purpose: 'Print application configuration.',
  formats: SMART,
  flags: { all: { kind: 'switch', also: ['a'] } },
  run({ draft, args, has }) {
    const [key = '', ...rest] = args;
    const { config, spec } = draft.view;
    if (key !== '' && has('all')) misused(`cannot use argument --all together with key ${quote(key)}`);
    noMore(rest);
    if (key !== '') return { value: lookup(config, key) };
    if (!has('all')) return { value: config };
    return {
      value: { ...Object.fromEntries(Object.keys(spec.config).map((name) => [name, null])), ...config },
    };
  },
});

export const networkGet = defineTool({
  purpose: 'Get network config.',
  formats: SMART,
  flags: {
    relation: { kind: 'relation', also: ['r'] },
    'bind-address': { kind: 'switch' },
    'ingress-address': { kind: 'switch' },
    'egress-subnets': { kind: 'switch' },
    'primary-address': { kind: 'switch' },
  },
  run({ draft, args, has }) {
    const [binding, ...rest] = args;
    if (binding === undefined) misused('no arguments specified');
    if (binding === '') misused('no binding name specified');
    noMore(rest);
    const network = networkOf(draft, binding);
    const wanted = (['bind-address', 'ingress-address', 'egress-subnets'] as const).filter((key) => has(key));
    const first = network.bindAddresses[0]?.addresses[0]?.value;
    if (has('primary-address')) {
      if (wanted.length > 0) refuse('--primary-address must be the only flag specified');
      return { value: first ?? noAddress(binding) };
    }
    if (wanted.length === 0) return { value: display(network) };
    const values = {
      'bind-address': () => first ?? noAddress(binding),
      'ingress-address': () => network.ingressAddresses[0] ?? first ?? noAddress(binding),
      'egress-subnets': () => network.egressSubnets,
    };
    const [only] = wanted;
    if (only !== undefined && wanted.length === 1) return { value: values[only]() };
    return { value: Object.fromEntries(wanted.map((key) => [key, values[key]()])) };
  },
});

function noAddress(binding: string): never {
  return refuse(`no addresses attached to space for binding ${quote(binding)}`);
}

function networkOf(draft: Draft, binding: string): NetworkView {
  const { spec, networks } = draft.view;
  const isBinding =
    binding === 'juju-info' || Object.hasOwn(spec.endpoints, binding) || spec.extraBindings.includes(binding);
  const network = isBinding ? (lookup(networks, binding) ?? lookup(networks, '')) : undefined;
  if (network === undefined || network.bindAddresses.length === 0) {
    return refuse(`no network config found for binding ${quote(binding)}`);
  }
  return network;
}

function display(network: NetworkView): Record<string, unknown> {
  const { bindAddresses, egressSubnets, ingressAddresses } = network;
  return {
    'bind-addresses': bindAddresses.map((nic) => ({
      'mac-address': nic.macAddress ?? '',
      'interface-name': nic.interfaceName,
      addresses: nic.addresses.map(({ hostname = '', value, cidr }) => ({ hostname, value, cidr })),
    })),
    ...(egressSubnets.length === 0 ? {} : { 'egress-subnets': egressSubnets }),
    ...(ingressAddresses.length === 0 ? {} : { 'ingress-addresses': ingressAddresses }),
  };
}

export const unitGet = defineTool({
  purpose: 'Print public-address or private-address.',
  formats: SMART,
  run({ draft, args }) {
    const [key, ...rest] = args;
    if (key === undefined) misused('no setting specified');
    if (key !== 'private-address' && key !== 'public-address') misused(`unknown setting ${quote(key)}`);
    noMore(rest);
    const network = lookup(draft.view.networks, '');
    const address = network?.bindAddresses[0]?.addresses[0];
    const own = address?.hostname || address?.value;
    return { value: key === 'private-address' ? own : (network?.ingressAddresses[0] ?? own) };
  },
});

export const goalState = defineTool({
  purpose: "Print the status of the charm's peers and related units.",
  formats: YAML,
  run({ draft, args }) {
    noMore(args);
    return { value: { units: draft.view.goal.units, relations: draft.view.goal.relations } };
  },
});

export const credentialGet = defineTool({
  purpose: 'Access cloud credentials.',
  formats: SMART,
  run({ draft, args }) {
    noMore(args);
    const { cloud } = draft.view;
    if (cloud === undefined) return refuse('cannot access cloud credentials: permission denied');
    const { credential } = cloud;
    return {
      value: {
        type: cloud.type,
        name: cloud.name,
        region: cloud.region ?? '',
        endpoint: cloud.endpoint ?? '',
        'identity-endpoint': '',
        'storage-endpoint': '',
        ...(credential === undefined
          ? {}
          : {
              credential: {
                'auth-type': credential.authType,
                attrs: credential.attrs,
                redacted: credential.redacted,
              },
            }),
        cacertificates: cloud.caCertificates ?? [],
        'skip-tls-verify': cloud.skipTlsVerify ?? false,
        'is-controller-cloud': cloud.isControllerCloud ?? false,
      },
    };
  },
});

/** Its path is printed without a newline. */
export const resourceGet = defineTool({
  purpose: 'Get the path to the locally cached resource file.',
  run({ draft, args }) {
    const [name, ...rest] = args;
    if (name === undefined || name === '') misused('missing required resource name');
    noMore(rest);
    const path = lookup(draft.view.resources, name);
    if (path === undefined)
      refuse(`could not download resource: resource#${draft.view.app}/${name} not found`);
    return { text: path };
  },
});
