import { parseSync, Visitor } from 'oxc-parser';

/** Every pattern that stands in a TypeScript source. Throws where one is put together when it runs: nobody can judge it. */
export function findPatterns(text: string): RegExp[] {
  const found: RegExp[] = [];
  new Visitor({
    Literal: (literal) => {
      if ('regex' in literal) found.push(new RegExp(literal.regex.pattern, literal.regex.flags));
    },
    NewExpression: refuseMade,
    CallExpression: refuseMade,
  }).visit(parseSync('module.ts', text, { lang: 'ts' }).program);
  return found;
}

function refuseMade({ callee }: { readonly callee: { readonly type: string } }): void {
  if ('name' in callee && callee.name === 'RegExp')
    throw new Error('A pattern that is put together when it runs cannot be judged');
}
