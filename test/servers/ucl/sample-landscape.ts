import type { Landscape } from './landscape.ts';
import type { ApplicationInput } from './landscape-types.ts';

/** What {@link registerSampleLandscape} registered. */
export interface SampleLandscape {
  runtimeId: string;
  formation: string;
  /** The systems in the formation. */
  applications: { id: string; name: string }[];
  /** One more system, registered and in no formation. */
  unassigned: { id: string; name: string };
}

const formation = 'quote-to-cash';

/**
 * A small believable landscape: a retailer's systems with every kind of credentials, names that need care, and
 * one credential kind that the cluster's gateway cannot use. All addresses and secrets are invented.
 */
export function registerSampleLandscape(landscape: Landscape): SampleLandscape {
  const { id: runtimeId } = landscape.registerRuntime({
    name: 'kyma-quote-to-cash',
    labels: { runtimeType: 'kyma', region: 'cf-eu10' },
  });
  landscape.createFormation(formation);
  landscape.assign(runtimeId, 'RUNTIME', formation);
  const applications = systems.map((system) => {
    const { id } = landscape.registerApplication(system);
    landscape.assign(id, 'APPLICATION', formation);
    return { id, name: system.name };
  });
  const unassigned = { ...landscape.registerApplication(fieldService), name: fieldService.name };
  return { runtimeId, formation, applications, unassigned };
}

const s4hana: ApplicationInput = {
  name: 'S/4HANA Cloud Production',
  providerName: 'SAP',
  description: 'Sales orders and business partners',
  labels: { applicationType: 'SAP S/4HANA Cloud' },
  bundles: [
    {
      name: 'Sales Order Integration',
      description: 'Orders in both directions',
      correlationIDs: ['sap.s4:communicationScenario:SAP_COM_0109'],
      defaultInstanceAuth: {
        credential: { basic: { username: 'COMM_USER_KYMA', password: 'invented-basic-password' } },
        // The system hands out a token that every changing call has to repeat.
        requestAuth: {
          csrf: {
            tokenEndpointURL: 'https://s4hana.example.test/sap/opu/odata/csrf',
            credential: { basic: { username: 'COMM_USER_KYMA', password: 'invented-basic-password' } },
          },
        },
      },
      apis: [
        {
          name: 'Sales Order (A2X)',
          description: 'Create, read and change sales orders',
          targetURL: 'https://s4hana.example.test/sap/opu/odata/sap/API_SALES_ORDER_SRV',
        },
        {
          name: 'Business Partner (A2X)',
          description: 'Customers and suppliers',
          targetURL: 'https://s4hana.example.test/sap/opu/odata/sap/API_BUSINESS_PARTNER',
        },
      ],
      events: [{ name: 'Sales Order Events', description: 'sap.s4.beh.salesorder.v1' }],
    },
  ],
};

const commerce: ApplicationInput = {
  name: 'Commerce Cloud',
  providerName: 'SAP',
  description: 'The web shop',
  labels: { applicationType: 'SAP Commerce Cloud' },
  bundles: [
    {
      name: 'Storefront',
      description: 'Carts, orders and products',
      defaultInstanceAuth: {
        credential: {
          oauth: {
            clientId: 'kyma-storefront',
            clientSecret: 'invented-client-secret',
            url: 'https://commerce.example.test/authorizationserver/oauth/token',
          },
        },
      },
      apis: [
        { name: 'OCC API', description: 'Omni Commerce Connect', targetURL: 'https://commerce.example.test/occ/v2' },
        { name: 'Order API', description: 'Placed orders', targetURL: 'https://commerce.example.test/orders/v1' },
      ],
      events: [
        { name: 'Order Events', description: 'order.created, order.cancelled' },
        { name: 'Customer Events', description: 'customer.created' },
      ],
    },
    {
      name: 'Assisted Service Module',
      description: 'Takes its credentials at the time of use',
      instanceAuthRequestInputSchema: '{"type":"object","properties":{"agentId":{"type":"string"}}}',
      apis: [{ name: 'ASM API', targetURL: 'https://commerce.example.test/assistedservice' }],
    },
  ],
};

const successFactors: ApplicationInput = {
  name: 'SuccessFactors HXM',
  providerName: 'SAP',
  description: 'Employees and organisation',
  labels: { applicationType: 'SAP SuccessFactors' },
  bundles: [
    {
      name: 'Employee Central',
      defaultInstanceAuth: {
        credential: {
          oauth: {
            clientId: 'kyma-employees',
            clientSecret: 'invented-client-secret',
            url: 'https://successfactors.example.test/oauth/token',
          },
        },
        additionalHeaders: { 'X-Company-Id': ['retail-demo'], Accept: ['application/json'] },
        additionalQueryParams: { $format: ['json'], locale: ['en_GB'] },
      },
      apis: [
        { name: 'User OData API', targetURL: 'https://successfactors.example.test/odata/v2/User' },
        { name: 'Position OData API', targetURL: 'https://successfactors.example.test/odata/v2/Position' },
      ],
    },
  ],
};

const openDemo: ApplicationInput = {
  name: 'Store Locator',
  providerName: 'Retail IT',
  description: 'Public addresses of all stores',
  bundles: [{ name: 'Stores', apis: [{ name: 'Stores API', targetURL: 'https://stores.example.test/api/v1' }] }],
};

const eventMesh: ApplicationInput = {
  name: 'Warehouse Scanner',
  providerName: 'Retail IT',
  description: 'Sends events only',
  bundles: [
    {
      name: 'Goods Movements',
      events: [
        { name: 'Goods Received', description: 'goods.received' },
        { name: 'Goods Issued', description: 'goods.issued' },
      ],
    },
  ],
};

const ariba: ApplicationInput = {
  name: 'Ariba Procurement',
  providerName: 'SAP',
  description: 'Identifies its callers by certificates, which the gateway of the cluster cannot use',
  labels: { applicationType: 'SAP Ariba' },
  bundles: [
    {
      name: 'Sourcing',
      defaultInstanceAuth: {
        accessStrategy: 'sap:cmp-mtls:v1',
        credential: {
          certificateOAuth: {
            clientId: 'kyma-sourcing',
            certificate: '-----BEGIN CERTIFICATE-----\ninvented\n-----END CERTIFICATE-----',
            url: 'https://ariba.example.test/oauth2/token',
          },
        },
      },
      apis: [{ name: 'Sourcing API', targetURL: 'https://ariba.example.test/sourcing/v2' }],
    },
    {
      name: 'Catalog',
      defaultInstanceAuth: { credential: { basic: { username: 'kyma-catalog', password: 'invented-password' } } },
      apis: [{ name: 'Catalog API', targetURL: 'https://ariba.example.test/catalog/v1' }],
    },
  ],
};

const longName: ApplicationInput = {
  name: 'Customer Data Platform of the Central European Retail Division for Loyalty and Personalisation',
  providerName: 'SAP',
  description: 'A name longer than a label of Kubernetes may be',
  labels: { applicationType: 'SAP Customer Data Platform' },
  bundles: [
    {
      name: 'Profiles',
      defaultInstanceAuth: { credential: { basic: { username: 'kyma-profiles', password: 'invented-password' } } },
      apis: [{ name: 'Profiles API', targetURL: 'https://cdp.example.test/profiles/v1' }],
    },
  ],
};

const tokyo: ApplicationInput = {
  name: '東京店舗 Point of Sale',
  providerName: '小売 IT',
  description: '店舗のレジ',
  bundles: [
    {
      name: 'Receipts',
      defaultInstanceAuth: {
        credential: { basic: { username: 'kyma-receipts', password: 'invented-password' } },
        additionalHeaders: { 'X-Store': ['tokyo-1', 'tokyo-2'] },
      },
      apis: [{ name: 'Receipts API', targetURL: 'https://pos-tokyo.example.test/receipts' }],
      events: [{ name: 'Receipt Events', description: 'receipt.printed' }],
    },
  ],
};

const marketing: ApplicationInput = {
  name: 'Marketing Cloud',
  providerName: 'SAP',
  description: 'Registered, and nothing to call in it yet',
  systemNumber: '0740023456',
  labels: { applicationType: 'SAP Marketing Cloud' },
};

const systems = [s4hana, commerce, successFactors, openDemo, eventMesh, ariba, longName, tokyo, marketing];

const fieldService = {
  name: 'Field Service Management',
  providerName: 'SAP',
  description: 'Technicians and their appointments',
  labels: { applicationType: 'SAP Field Service Management' },
  bundles: [
    {
      name: 'Service Calls',
      defaultInstanceAuth: {
        credential: {
          oauth: {
            clientId: 'kyma-service-calls',
            clientSecret: 'invented-client-secret',
            url: 'https://fsm.example.test/api/oauth2/v1/token',
          },
        },
      },
      apis: [{ name: 'Service Management API', targetURL: 'https://fsm.example.test/api/service-management/v2' }],
      events: [{ name: 'Service Call Events', description: 'serviceCall.created' }],
    },
  ],
} satisfies ApplicationInput;
