import { usualGatewayUrl } from '../domain/usual-gateway-url.ts';
import type { Check } from './check.ts';
import type { ClusterView } from './cluster-view.ts';

/**
 * Whether the gateway is there through which workloads call the systems. The agent never calls it, and its network policy
 * would not let it; so this is looked at from outside, with the rights of the person.
 */
export async function checkGateway(view: ClusterView, url = usualGatewayUrl, signal: AbortSignal): Promise<Check> {
  const name = 'Gateway';
  const host = URL.parse(url)?.hostname ?? url;
  const [, service, namespace] = /^([^.]+)\.([^.]+)(?:\.svc(?:\..+)?)?$/.exec(host) ?? [];
  if (service === undefined || namespace === undefined) {
    return { name, verdict: 'unknown', message: `${host} is no Service of the cluster; it was not asked.` };
  }
  const place = `${namespace}/${service}`;
  const addresses = await view.countReadyAddresses({ namespace, name: service }, signal);
  if (addresses === undefined) {
    return {
      ...{ name, verdict: 'warning', message: `The Service ${place} does not exist: no workload can call a system.` },
      remedy: 'Enable the Application Connector module, or set APP_CENTRAL_GATEWAY_SERVICE_URL to your gateway.',
    };
  }
  return addresses > 0
    ? { name, verdict: 'ok', message: `The Service ${place} is there, and something behind it is ready.` }
    : {
        ...{ name, verdict: 'failed', message: `Nothing behind the Service ${place} is ready.` },
        remedy: `See why: kubectl get pods -n ${namespace}`,
      };
}
