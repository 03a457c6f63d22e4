/** `1 Application`, `2 Applications`. */
export function toCount(count: number, singular = 'Application', plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
