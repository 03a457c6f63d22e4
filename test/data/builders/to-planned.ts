import type { ApplicationResource, SecretResource } from '../../../agent/domain/resources.ts';
import type { PlannedState } from '../../../agent/sync/application-writer.ts';

/** What a deletion that is planned now carries. */
export function toPlanned({
  metadata: { uid = '', resourceVersion },
}: ApplicationResource | SecretResource): PlannedState {
  return { uid, version: resourceVersion };
}
