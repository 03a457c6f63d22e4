import type { Timeline } from '../time/timeline.ts';

export interface SimulatedBundle {
  readonly id: string;
  readonly name: string;
  /** undefined: no credential yet, as UCL has it in the first minutes. */
  readonly password: string | undefined;
  readonly targetUrl: string;
}

/** A system as it is at an instant: what changes is another object. */
export interface SimulatedSystem {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly bundles: readonly SimulatedBundle[];
}

interface Interval {
  readonly from: number;
  to: number | undefined;
}

/** What UCL truthfully assigns to the runtime at each instant. Systems are numbered, and Director lists them by number. */
export class Landscape {
  readonly systems = new Map<string, SimulatedSystem>();
  readonly #assigned = new Map<string, Interval[]>();
  readonly #timeline: Timeline;
  #numbers = 0;
  #changes = 0;
  /** The last instant at which anything of it changed. */
  changedAt = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Those that are assigned now, in Director's order. */
  present(): SimulatedSystem[] {
    return [...this.systems.values()].filter(({ id }) => this.isAssigned(id));
  }

  departed(): SimulatedSystem[] {
    return [...this.systems.values()].filter(({ id }) => !this.isAssigned(id));
  }

  isAssigned(id: string): boolean {
    const last = this.#assigned.get(id)?.at(-1);
    return last !== undefined && last.to === undefined;
  }

  /** Whether it was assigned at every instant from the one to the other. */
  wasAssigned(id: string, from: number, to: number): boolean {
    return (this.#assigned.get(id) ?? []).some(
      (interval) => interval.from <= from && (interval.to === undefined || interval.to > to),
    );
  }

  arrive(): SimulatedSystem {
    this.#numbers += 1;
    const id = `00000000-0000-4000-8000-${String(this.#numbers).padStart(12, '0')}`;
    const bundles = this.#numbers % 3 === 0 ? [] : [this.#newBundle(id)];
    const system: SimulatedSystem = { id, name: `mp-system-${this.#numbers}`, description: 'first', bundles };
    this.systems.set(id, system);
    this.comeBack(id);
    return system;
  }

  comeBack(id: string): void {
    if (this.isAssigned(id)) return;
    const intervals = this.#assigned.get(id) ?? [];
    this.#assigned.set(id, [...intervals, { from: this.#timeline.now, to: undefined }]);
    this.#noteChange();
  }

  depart(id: string): void {
    const last = this.#assigned.get(id)?.at(-1);
    if (last === undefined || last.to !== undefined) return;
    last.to = this.#timeline.now;
    this.#noteChange();
  }

  change(id: string, what: 'description' | 'password' | 'name' | 'bundles'): void {
    const system = this.systems.get(id);
    if (system === undefined) return;
    this.#noteChange();
    this.systems.set(id, { ...system, ...this.#vary(system, what) });
  }

  #vary(
    { id, name, bundles }: SimulatedSystem,
    what: 'description' | 'password' | 'name' | 'bundles',
  ): Partial<SimulatedSystem> {
    const [bundle, ...others] = bundles;
    if (what === 'description') return { description: `changed ${this.#changes}` };
    if (what === 'name') return { name: `${name.replace(/-r\d+$/, '')}-r${this.#changes}` };
    if (bundle === undefined) return { bundles: [this.#newBundle(id)] };
    if (what === 'bundles') return { bundles: others.length > 0 ? [bundle] : [bundle, this.#newBundle(id)] };
    const password = bundle.password === undefined ? `secret-${this.#changes}` : this.#nextPassword();
    return { bundles: [{ ...bundle, password }, ...others] };
  }

  /** Now and then a credential goes before its system does. */
  #nextPassword(): string | undefined {
    return this.#changes % 5 === 0 ? undefined : `secret-${this.#changes}`;
  }

  #newBundle(systemId: string): SimulatedBundle {
    this.#changes += 1;
    const number = String(this.#changes).padStart(8, '0');
    const id = `${number}${systemId.slice(8)}`;
    const targetUrl = `https://target-${this.#changes}.example.test`;
    return { id, name: `Bundle ${this.#changes}`, password: `secret-${this.#changes}`, targetUrl };
  }

  #noteChange(): void {
    this.#changes += 1;
    this.changedAt = this.#timeline.now;
  }
}
