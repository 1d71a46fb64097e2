/** Interface `grafana_datasource`, provider: the data source that Grafana adds for us. */
import { type Bag, stableJson } from 'charmwright';

export interface DataSource {
  readonly model: string;
  readonly model_uuid: string;
  readonly application: string;
  /** Grafana's id of the plugin. */
  readonly type: string;
  /** Becomes `jsonData`. */
  readonly extra_fields: Readonly<Record<string, string>>;
  /** Becomes `secureJsonData`. */
  readonly secure_extra_fields: Readonly<Record<string, string>>;
}

/** Our application's databag. `url` goes bare, unlike the rest. */
export function grafanaSourceApp(source: DataSource, url: string): Bag {
  return { grafana_source_app_host: url, grafana_source_data: stableJson(source) };
}

/** Our unit's databag: an older Grafana makes one data source for each unit that names a host here. */
export function grafanaSourceUnit(url: string | undefined): Bag {
  return url === undefined ? {} : { grafana_source_host: url };
}

/** Whether this Grafana reads the application's address: only one that does answers with this key. */
export function readsAppAddress(grafanaApp: Bag): boolean {
  return (grafanaApp.app_datasource_uid ?? '') !== '';
}
