/**
 * Addresses within the network namespace of a node. Nothing outside of it can reach them or is reached, so that they
 * are always the same.
 */
export const nodeNetwork = {
  /** Bridge of the pods. Servers on this address are reached by pods and by processes of the namespace alike. */
  bridge: 'cni0',
  /** Its own. Else it has the lowest of its ports, and each pod that ends may change it: the others send to the old one for half a minute. */
  hardwareAddress: '02:00:00:00:00:01',
  address: '10.200.0.1',
  podRange: '10.200.0.0/24',
  /**
   * First address of the range of services: the one of the service `kubernetes`, which every pod is told. No kube-proxy
   * leads it on; instead the API server itself listens there, on the service's port.
   */
  apiService: '10.0.0.1',
  apiPort: 443,
} as const;

/** Arguments of `ip` that bring the network up, in this order. */
export function toNetworkCommands(): string[][] {
  const { bridge, hardwareAddress, address, apiService } = nodeNetwork;
  return [
    ['link', 'set', 'lo', 'up'],
    ['link', 'add', bridge, 'address', hardwareAddress, 'type', 'bridge'],
    ['link', 'set', bridge, 'up'],
    ['address', 'add', `${address}/24`, 'dev', bridge],
    ['address', 'add', `${apiService}/32`, 'dev', bridge],
    // The kubelet takes the interface of the default route for the node's.
    ['route', 'add', 'default', 'dev', bridge],
  ];
}

/** The list of CNI plugins that gives each pod an address on the bridge. */
export function toPodNetwork(dataFolder: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: nodeNetwork.bridge,
        isGateway: true,
        ipam: {
          type: 'host-local',
          dataDir: dataFolder,
          ranges: [[{ subnet: nodeNetwork.podRange, gateway: nodeNetwork.address }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  };
}
