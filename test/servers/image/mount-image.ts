import { runTool } from './image-store.ts';

/** The files of an image, as a container finds them. */
export interface MountedImage {
  readonly rootFolder: string;
  remove(): Promise<void>;
}

/** Unpacks an image. @param store as prepareImageStore() gives it. */
export async function mountImage(archive: string, store: Readonly<Record<string, string>>): Promise<MountedImage> {
  const container = (await runTool('buildah', ['from', '--quiet', `oci-archive:${archive}`], store)).trim();
  const rootFolder = (await runTool('buildah', ['mount', container], store)).trim();
  return {
    rootFolder,
    remove: async () => {
      await runTool('buildah', ['rm', container], store);
    },
  };
}
