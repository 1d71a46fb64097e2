import { ActionFailed, type ActionHandler, type EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import type { MimirApi } from '../charm/mimir-api.ts';
import { MimirRefusedError } from '../charm/mimir-errors.ts';
import { applyRules, parseRules, type RuleGroup } from '../charm/rules.ts';
import { diffRules, type RulesDiff } from '../charm/rules-diff.ts';
import { checkNamespace, checkTenant, fileText, orFail, readyWith } from './mimir.ts';

/** Progress is told at most this often: a file may have thousands of groups. */
const LOGGED_GROUPS = 20;

export const uploadRules: ActionHandler<Spec, 'upload-rules', EndpointSchemas<Spec>> = async ({
  juju,
  params,
  log,
}) => {
  const { namespace, tenant } = params;
  checkNamespace(namespace);
  const parsed = parseRules(fileText(params.rules));
  if (!parsed.ok) throw new ActionFailed(`the rule file is not valid: ${parsed.problems.join('; ')}`);
  await checkTenant(juju, tenant);
  const api = await readyWith(juju, 'ruler');
  return orFail(async () => {
    const present = (await api.rules(tenant, namespace))[namespace] ?? [];
    const diff = diffRules(parsed.groups, present);
    for (const line of diffLines(diff).slice(0, LOGGED_GROUPS)) await log(line);
    if (params['dry-run']) {
      await checkExpressions(api, tenant, [...diff.added, ...diff.changed.map(({ after }) => after)]);
    } else {
      await applyRules(api, tenant, namespace, diff);
    }
    return {
      namespace,
      tenant,
      'dry-run': params['dry-run'],
      added: diff.added.length,
      changed: diff.changed.length,
      removed: diff.removed.length,
      unchanged: diff.unchanged.length,
      groups: JSON.stringify(parsed.groups.map(({ name }) => name)),
    };
  });
};

function diffLines(diff: RulesDiff<RuleGroup>): readonly string[] {
  return [
    ...diff.added.map((group) => `+ ${group.name} (${counted(group.rules.length)})`),
    ...diff.changed.map(({ after }) => `~ ${after.name} (${counted(after.rules.length)})`),
    ...diff.removed.map(({ name }) => `- ${name}`),
  ];
}

/** What an upload would be refused for, without uploading. */
async function checkExpressions(api: MimirApi, tenant: string, groups: readonly RuleGroup[]): Promise<void> {
  for (const { name, rules } of groups) {
    for (const [i, rule] of rules.entries()) {
      try {
        await api.checkQuery(tenant, rule.expr);
      } catch (error) {
        if (!(error instanceof MimirRefusedError)) throw error;
        throw new ActionFailed(`group "${name}", rule ${i + 1}: ${error.reason}`);
      }
    }
  }
}

function counted(rules: number): string {
  return rules === 1 ? '1 rule' : `${rules} rules`;
}
