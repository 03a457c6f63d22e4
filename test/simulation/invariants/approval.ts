/** The annotation by which people approve a removal that is held. */
export const approval = 'compass.kyma-project.io/prune-approved';
