/** What keeps the image from being built, as one line for a person. Ends the process with code 1. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}
