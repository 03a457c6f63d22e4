import { parseSync, Visitor } from 'oxc-parser';

type Visit = ConstructorParameters<typeof Visitor>[0];
type Visited<Node extends keyof Visit> = Parameters<NonNullable<Visit[Node]>>[0];
type AnyFunction = Visited<'ArrowFunctionExpression'> | Visited<'FunctionDeclaration'>;

/**
 * Functions of a test file whose body has more lines than that, one sentence each. `describe` is a chapter: what it
 * holds counts, and not the chapter.
 */
export function findLongTests(path: string, text: string, maxLines: number): string[] {
  const { program } = parseSync('test.ts', text, { lang: 'ts' });
  const chapters = new Set<number>();
  const found: string[] = [];
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const measure = ({ start, body }: AnyFunction) => {
    if (body === null || chapters.has(start)) return;
    const lines = lineOf(body.end) - lineOf(body.start) - 1;
    if (lines > maxLines) found.push(`${path}:${lineOf(start)} has ${lines} lines`);
  };
  new Visitor({
    CallExpression: ({ callee, arguments: args }) => {
      if (/^describe\b/.test(text.slice(callee.start, callee.end))) for (const { start } of args) chapters.add(start);
    },
    ArrowFunctionExpression: measure,
    FunctionDeclaration: measure,
    FunctionExpression: measure,
  }).visit(program);
  return found;
}
