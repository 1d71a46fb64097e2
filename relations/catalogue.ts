/** Interface `catalogue`, version 1, requirer: our entry on the page that lists what there is to open. */
import { type Bag, stableJson } from 'charmwright';

export interface CatalogueItem {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  /** A Material Design icon. */
  readonly icon: string;
  /** Where the API is described. */
  readonly apiDocs: string;
  /** Addresses by what they are called. */
  readonly apiEndpoints: Readonly<Record<string, string>>;
}

/** Our application's databag: all bare but the endpoints, without which the catalogue's hook fails. */
export function catalogueApp({ name, description, url, icon, apiDocs, apiEndpoints }: CatalogueItem): Bag {
  return { name, description, url, icon, api_docs: apiDocs, api_endpoints: stableJson(apiEndpoints) };
}
