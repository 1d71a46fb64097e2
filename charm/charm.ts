/** The Mimir charm, declared. */
import { defineCharm } from 'charmwright';
import { deleteRules } from '../actions/delete-rules.ts';
import { flushIngesters } from '../actions/flush-ingesters.ts';
import { listRules } from '../actions/list-rules.ts';
import { setAlertmanagerConfig } from '../actions/set-alertmanager-config.ts';
import { showAlertmanagerConfig } from '../actions/show-alertmanager-config.ts';
import { showConfig } from '../actions/show-config.ts';
import { showStats } from '../actions/show-stats.ts';
import { uploadRules } from '../actions/upload-rules.ts';
import { spec } from './generated.ts';
import { reconcile } from './reconcile.ts';

export const mimir = defineCharm(spec, {
  reconcile,
  actions: {
    'upload-rules': uploadRules,
    'list-rules': listRules,
    'delete-rules': deleteRules,
    'set-alertmanager-config': setAlertmanagerConfig,
    'show-alertmanager-config': showAlertmanagerConfig,
    'flush-ingesters': flushIngesters,
    'show-config': showConfig,
    'show-stats': showStats,
  },
});
