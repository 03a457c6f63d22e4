/** Lines of a stream as they arrive, without empty ones; `heard` is told of every chunk. What ends without a line break is no line. */
export async function* readLines(chunks: AsyncIterable<string>, heard: () => void): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of chunks) {
    heard();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
