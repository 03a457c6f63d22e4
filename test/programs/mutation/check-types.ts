import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A change of one source file, as a whole new text of it. */
export interface ChangedFile {
  readonly id: string;
  /** Relative to the project, with `/`. */
  readonly file: string;
  readonly text: string;
}

/**
 * Which of many changes the compiler refuses, with what it says. A run of `tsc` over the whole project takes seconds, and
 * there are thousands of changes: each is written as a file of its own beside the changed one, so that one run judges
 * all of them. What such a run cannot see is what the change does to those who import the file. They see its
 * declarations alone, so changes that alter these are judged again, each in its place.
 */
export async function checkTypes(project: string, changes: readonly ChangedFile[]): Promise<Map<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-types-'));
  try {
    const tree = await copySources(project, folder);
    const refused = await checkBeside(tree, changes);
    for (const change of changes) {
      if (refused.has(change.id) || !(await altersDeclarations(tree, change))) continue;
      const message = await checkInPlace(tree, change);
      if (message !== undefined) refused.set(change.id, message);
    }
    return refused;
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Tree {
  readonly root: string;
  readonly declarations: string;
  readonly tsc: string;
}

async function copySources(project: string, folder: string): Promise<Tree> {
  const root = path.join(folder, 'sources');
  await mkdir(root);
  for (const entry of ['agent', 'graphql', 'package.json', 'tsconfig.json']) {
    await cp(path.join(project, entry), path.join(root, entry), { recursive: true });
  }
  await symlink(path.join(project, 'node_modules'), path.join(root, 'node_modules'));
  // What nobody uses any more is a matter of style: the change compiles, and a test should find it.
  const relaxed = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };
  const write = (name: string, options: object) =>
    writeFile(
      path.join(root, name),
      JSON.stringify({ extends: './tsconfig.json', include: ['agent'], compilerOptions: { ...relaxed, ...options } }),
    );
  await write('tsconfig.check.json', {});
  await write('tsconfig.declarations.json', {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: '../declarations', rootDir: '.' },
  });
  return { root, declarations: path.join(folder, 'declarations'), tsc: path.join(project, 'node_modules/.bin/tsc') };
}

async function checkBeside(tree: Tree, changes: readonly ChangedFile[]): Promise<Map<string, string>> {
  const besides = changes.map((change) => ({ ...change, beside: toNameBeside(change) }));
  for (const { beside, text } of besides) await writeFile(path.join(tree.root, beside), text);
  const messages = await compile(tree, 'tsconfig.declarations.json');
  for (const { beside } of besides) await rm(path.join(tree.root, beside));
  return new Map(
    besides.flatMap(({ id, beside }) => {
      const message = messages.get(beside);
      return message === undefined ? [] : [[id, message]];
    }),
  );
}

async function altersDeclarations({ declarations }: Tree, change: ChangedFile): Promise<boolean> {
  const [before, after] = await Promise.all(
    [change.file, toNameBeside(change)].map((file) =>
      readFile(path.join(declarations, file.replace(/\.ts$/, '.d.ts')), 'utf8'),
    ),
  );
  return before !== after;
}

async function checkInPlace(tree: Tree, { file, text }: ChangedFile): Promise<string | undefined> {
  const place = path.join(tree.root, file);
  const before = await readFile(place, 'utf8');
  await writeFile(place, text);
  const [message] = (await compile(tree, 'tsconfig.check.json')).values();
  await writeFile(place, before);
  return message;
}

/** The first thing that the compiler says about each file. */
async function compile({ root, tsc }: Tree, config: string): Promise<Map<string, string>> {
  const output = await new Promise<string>((resolve, reject) => {
    const options = { cwd: root, maxBuffer: 2 ** 28 };
    execFile(tsc, ['-p', config, '--pretty', 'false'], options, (error, stdout, stderr) => {
      // 1 and 2 stand for errors in what was compiled.
      if (error === null || error.code === 1 || error.code === 2) resolve(stdout);
      else reject(new Error(`tsc failed with ${String(error.code)}: ${stderr}`));
    });
  });
  const messages = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [, file, message] = /^(.+?)\(\d+,\d+\): error (TS\d+: .*)$/.exec(line) ?? [];
    if (file !== undefined && message !== undefined && !messages.has(file)) messages.set(file, message);
  }
  return messages;
}

function toNameBeside({ id, file }: ChangedFile): string {
  return file.replace(/\.ts$/, `.changed-${id}.ts`);
}
