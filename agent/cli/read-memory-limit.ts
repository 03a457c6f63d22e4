/** The memory limit of the container in bytes; undefined: none, for which the kernel answers with a number close to 2^63. */
export function readMemoryLimit(): number | undefined {
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 && constrainedBytes < 2 ** 50 ? constrainedBytes : undefined;
}
