import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { keepPacked } from '../domain/keep-packed.ts';
import type { Landscape, LandscapeApplication } from '../domain/landscape.ts';

/** The system of that id as it is known; undefined: its digest is another one, or it is not known. */
export type FindKnown = (id: string, digest: string) => LandscapeApplication | undefined;

interface Known {
  readonly application: LandscapeApplication;
  /** Of what the page said of it; undefined: parts of it came by requests of their own. */
  readonly digest: string | undefined;
}

/**
 * The systems of the last whole read, so that the next one keeps those that did not change: what is the same stays the
 * same objects. A read without news then leaves nothing behind, and whoever works on a landscape knows by its identity
 * that there is nothing to do.
 */
export class KnownSystems {
  #landscape: Landscape | undefined;
  #systems: ReadonlyMap<string, Known> = new Map();

  readonly find: FindKnown = (id, digest) => {
    const known = this.#systems.get(id);
    return known?.digest === digest ? known.application : undefined;
  };

  /** Gives the known system where it is the same, and else the new one in little memory. */
  keep(application: LandscapeApplication): LandscapeApplication {
    const known = this.#systems.get(application.id)?.application;
    return known !== undefined && (known === application || isDeepStrictEqual(known, application))
      ? known
      : keepPacked(application, ['id', 'name']);
  }

  /**
   * Gives the landscape that was read, whose systems were all kept; the known one itself where nothing changed.
   * Director's order says nothing (docs/contracts/compass.md#paging).
   * @param digests By id, of the systems that their page holds whole.
   */
  settle(read: Landscape, digests: ReadonlyMap<string, string>): Landscape {
    const { applications } = read;
    const last = this.#landscape;
    const isKnown =
      last !== undefined &&
      read.gaps.length + last.gaps.length === 0 &&
      applications.length === last.applications.length &&
      applications.every((application) => this.#systems.get(application.id)?.application === application) &&
      isDeepStrictEqual(read.runtimeLabels, last.runtimeLabels);
    if (!isKnown) this.#landscape = read;
    // A digest of the other order of the same lists is not another one, but one without the input schemas may be.
    if (!isKnown || applications.some(({ id }) => this.#systems.get(id)?.digest !== digests.get(id))) {
      this.#systems = new Map(
        applications.map((application) => [application.id, { application, digest: digests.get(application.id) }]),
      );
    }
    return this.#landscape ?? read;
  }
}

/**
 * A short text that stands for all that a page says of a system, whatever the order of lists in it: what a nested page
 * holds comes in any order (docs/contracts/compass.md#paging). undefined for what nests so deeply that it cannot be told.
 */
export function toSystemDigest(wire: unknown): string | undefined {
  try {
    return hash('sha256', JSON.stringify(wire, inOrderOfIds), 'base64');
  } catch (error: unknown) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function inOrderOfIds(_: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length < 2) return value;
  const items: unknown[] = value;
  if (items.some((item) => readId(item) === undefined)) return value;
  return items.toSorted((one, other) => ((readId(one) ?? '') < (readId(other) ?? '') ? -1 : 1));
}

function readId(item: unknown): string | undefined {
  return typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? item.id : undefined;
}
