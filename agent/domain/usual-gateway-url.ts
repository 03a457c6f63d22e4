/** Where Kyma's central application gateway listens, unless the settings say otherwise. */
export const usualGatewayUrl = 'http://central-application-gateway.kyma-system.svc.cluster.local:8082';
