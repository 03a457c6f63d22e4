/** Environment by which `npm run test:node` tells its tests what it has prepared. */

/** The archive of the agent's image. */
export const imageVariable = 'UCL_NODE_IMAGE';
/** Its name, as manifests/deployment.yaml has it. */
export const imageNameVariable = 'UCL_NODE_IMAGE_NAME';
/** The file to which the tests add what they measured. */
export const figuresVariable = 'UCL_NODE_FIGURES';
