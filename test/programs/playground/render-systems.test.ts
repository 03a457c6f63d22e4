import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../servers/kube-api/kube-object.ts';
import { Identities } from '../../servers/ucl/identities.ts';
import { Landscape } from '../../servers/ucl/landscape.ts';
import type { Application } from '../../servers/ucl/landscape-types.ts';
import { registerSampleLandscape } from '../../servers/ucl/sample-landscape.ts';
import { expectedObjects } from './expected-objects.ts';
import { renderSystems } from './render-systems.ts';

const clock = () => new Date('2026-01-01T00:00:00Z');
type Failure = { applicationId: string; reason: string };

function sample() {
  const landscape = new Landscape(new Identities(clock), { clock });
  const { runtimeId } = registerSampleLandscape(landscape);
  const systems = landscape.applicationsForRuntime(landscape.runtime(runtimeId));
  const expected = expectedObjects(landscape, runtimeId);
  const applications: JsonObject[] = JSON.parse(
    JSON.stringify(expected.applications.map(({ name, spec }) => ({ metadata: { name }, spec }))),
  );
  return { systems, applications, failures: expected.failures };
}

function render(systems: readonly Application[], applications: readonly JsonObject[], failures: readonly Failure[]) {
  return renderSystems(systems, applications, { status: { failures: failures.map((failure) => ({ ...failure })) } });
}

/** A system that is in the cluster under a name. */
function system(id: string, name: string): { system: Application; application: JsonObject } {
  const landscape = new Landscape(new Identities(clock), { clock });
  const registered = landscape.registerApplication({ name });
  const found = landscape.findApplication(registered.id);
  if (found === undefined) throw new Error('not registered');
  const spec = { compassMetadata: { applicationId: id }, services: [] };
  return { system: { ...found, id }, application: { metadata: { name: `mp-${name.toLowerCase()}` }, spec } };
}

describe('the table of Applications', () => {
  test('is that of the sample landscape, in the order of its names', () => {
    const { systems, applications, failures } = sample();
    const lines = render(systems, applications, failures);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBe(80);
    expect(lines).toMatchInlineSnapshot(`
      [
        "APPLICATION                    UCL NAME                SVC  CREDENTIALS   STATE",
        "mp-ariba-procurement           Ariba Procurement       2    Basic         partly",
        "mp-commerce-cloud              Commerce Cloud          2    OAuth         ready",
        "mp-customer-data-platform-of…  Customer Data Platfor…  1    Basic         ready",
        "mp-marketing-cloud-0740023456  Marketing Cloud         0    none          ready",
        "mp-point-of-sale               東京店舗 Point of Sale  1    Basic+params  ready",
        "mp-s-4hana-cloud-production    S/4HANA Cloud Product…  1    Basic+CSRF    ready",
        "mp-store-locator               Store Locator           1    none          ready",
        "mp-successfactors-hxm          SuccessFactors HXM      1    OAuth+params  ready",
        "mp-warehouse-scanner           Warehouse Scanner       1    none          ready",
        "mp-ariba-procurement: partly, UnsupportedCredential",
      ]
    `);
  });

  test('does not depend on the order in which UCL and the cluster tell it', () => {
    const { systems, applications, failures } = sample();
    expect(render(systems.toReversed(), applications.toReversed(), failures)).toEqual(
      render(systems, applications, failures),
    );
  });

  test.each([
    ['long names', 'x'.repeat(300)],
    ['names of wide characters', '東京店舗の販売時点情報管理システム'.repeat(5)],
    ['names of emoji and combining marks', '👩‍👩‍👧‍👦é🇩🇪'.repeat(30)],
    ['names that would steer the terminal', `\u001b[2J${'\t'.repeat(100)}`],
  ])('has no line wider than 80 columns: %s', (_, name) => {
    const { system: first, application } = system('a', name);
    const { system: second } = system('b', name);
    const reasons = ['UnsupportedCredential', 'NameConflict', 'InvalidName', 'Refused', 'DuplicateName', 'TooLarge'];
    const failures = reasons.flatMap((reason) => ['a', 'b'].map((applicationId) => ({ applicationId, reason })));
    const lines = render([first, second], [application], failures);
    expect(lines.length).toBe(5);
    expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  });

  test('shows what is missing last, with its reason under its name in UCL', () => {
    const gone = system('gone', 'Aaa');
    const there = system('there', 'Bbb');
    expect(
      render([gone.system, there.system], [there.application], [{ applicationId: 'gone', reason: 'NameConflict' }]),
    ).toEqual([
      'APPLICATION  UCL NAME  SVC  CREDENTIALS  STATE',
      'mp-bbb       Bbb       0    none         ready',
      '-            Aaa       0    none         missing',
      'Aaa: missing, NameConflict',
    ]);
  });

  test('ends after twenty rows with how many there are besides', () => {
    const many = Array.from({ length: 23 }, (_, index) =>
      system(`${index}`, `System${String(index).padStart(2, '0')}`),
    );
    const lines = render(
      many.map((one) => one.system),
      many.map((one) => one.application),
      [],
    );
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('... and 3 more');
  });
});
