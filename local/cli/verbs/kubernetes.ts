/** kubernetes: an API server beside the model. */
import { program } from '../../../tools/programs.ts';
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type { kubernetes as spec } from '../table/model.ts';
import { atMost } from './arguments.ts';

export const kubernetes: RunVerb<typeof spec> = async ({ args, flags, terminal, model, modelOrNew }) => {
  atMost(args, 1);
  switch (args[0]) {
    case 'start': {
      terminal.info('preparing the Kubernetes API, which is built once');
      const programs = { etcd: await program('etcd'), apiServer: await program('kube-apiserver') };
      const { address, port } = await (await modelOrNew()).call('kubernetes-start', { programs });
      terminal.info(`Kubernetes API at https://${address}:${port} inside the model`);
      return undefined;
    }
    case 'config': {
      const { kubeconfig } = await (await model()).call('kubernetes-config', { server: flags.server });
      terminal.out(kubeconfig);
      return undefined;
    }
    default:
      throw new UsageError('say start or config');
  }
};
