import { annotations } from './annotations.ts';
import type { CompassConnection } from './connection.ts';

/** Either way to suspend counts: the field, or the annotation where the CRD drops the field. */
export function isSuspended({ spec, metadata }: CompassConnection): boolean {
  return spec.suspend === true || metadata.annotations?.[annotations.suspend] === 'true';
}
