import { annotations } from '../domain/annotations.ts';
import type { SystemFailure } from '../domain/connection-status.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import { toPathText } from './field-difference.ts';
import type { Moment } from './holds.ts';
import { toFailure } from './match-systems.ts';
import { isTold, type Rivalries, type Rivalry, toNextWriteAt } from './rivalries.ts';

/** What people are told of objects that somebody changes back. */
export interface ToldRivalries {
  /** Systems that are not in the cluster as UCL describes them. */
  readonly failures: readonly SystemFailure[];
  /** What is otherwise in place: something is added, or was changed until just now. One sentence or two each. */
  readonly remarks: readonly string[];
}

/** Pure. */
export function explainRivalries(rivalries: Rivalries, moment: Moment): ToldRivalries {
  const told = [...rivalries]
    .filter(([, rivalry]) => isTold(rivalry, moment.instant))
    .map(([object, rivalry]) => ({ rivalry, message: describe(object, rivalry, moment) }));
  const isFailure = ({ isStanding, isAddition }: Rivalry) => isStanding && !isAddition;
  return {
    failures: told
      .filter(({ rivalry }) => isFailure(rivalry))
      .map(({ rivalry: { applicationId: id, systemName: name }, message }) =>
        toFailure({ id, name }, 'ChangedByOthers', message),
      ),
    remarks: told.flatMap(({ rivalry, message }) => (isFailure(rivalry) ? [] : [message])),
  };
}

function describe(object: string, rivalry: Rivalry, { now, instant }: Moment): string {
  const { by, writes, isAddition } = rivalry;
  const paths = rivalry.fields.slice(0, 3).map(toPathText);
  const fields = `${paths.join(', ')}${rivalry.fields.length > paths.length ? ' and more' : ''}`;
  const waitMs = Math.max(toNextWriteAt(rivalry) - instant, 0);
  const nextAt = toWholeSeconds(new Date(now.getTime() + waitMs));
  const what = isAddition ? 'is added to' : 'is changed';
  const who =
    by?.kind === 'admission'
      ? 'on its way into the cluster, by a mutating webhook or policy, or because the CRD says otherwise'
      : by?.name === undefined
        ? 'by somebody whose name the API server did not record'
        : `by the field manager "${by.name}"`;
  return `${object}: ${fields} ${what} ${who}, each time that the agent writes it (${writes} times); the next write is at ${nextAt} at the earliest. Have that one leave the field alone, or have the agent leave the Application alone by the annotation ${annotations.reconcile}: disabled.`;
}
