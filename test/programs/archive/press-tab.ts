import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const isInstalled = (program: string) => spawnSync(program, ['--version']).error === undefined;

interface Questions {
  /** The script of completion, as a person sources it. */
  script: string;
  /** What a person types, each on a line that was empty before. */
  lines: readonly string[];
  env: Record<string, string>;
}

/** What each line has become once a person has pressed Tab at its end, in this shell. */
export async function pressTab(shell: Shell, questions: Questions): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-tab-'));
  try {
    await writeFile(path.join(folder, 'script'), questions.script);
    return await askers[shell](folder, questions);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Asker = (folder: string, questions: Questions) => Promise<string[]>;

/** Ctrl-T keeps and clears the line in the shells below, and Ctrl-Y leaves. */
const toKeys = (lines: readonly string[]) => `${lines.map((line) => `${line}\t\u0014`).join('')}\u0019`;

const askers: Record<Shell, Asker> = {
  async bash(folder, { lines, env }) {
    const rc = `source ${folder}/script
keep() { printf '%s\\n' "$READLINE_LINE" >> ${folder}/shown; READLINE_LINE=; }
bind -x '"\\C-t": keep'
bind -x '"\\C-y": exit'
`;
    await writeFile(path.join(folder, 'rc'), rc);
    await writeFile(path.join(folder, 'keys'), toKeys(lines));
    // Readline takes keys from a file as from a terminal.
    await run('setsid', ['bash', '-c', `bash --noprofile --rcfile ${folder}/rc -i < ${folder}/keys`], { env });
    return readShown(folder);
  },

  async zsh(folder, { lines, env }) {
    const inner = `autoload -Uz compinit
compinit -u -D
source ${folder}/script
keep() { print -r -- "$BUFFER" >> ${folder}/shown; BUFFER= }
leave() { exit }
zle -N keep
zle -N leave
bindkey '^I' complete-word
bindkey '^T' keep
bindkey '^Y' leave
`;
    const outer = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source ${folder}/inner"
zpty -n -w shell "$(<${folder}/keys)"
while zpty -r shell; do :; done
`;
    await writeFile(path.join(folder, 'inner'), inner);
    await writeFile(path.join(folder, 'keys'), toKeys(lines));
    await run('zsh', ['-f', '-c', outer], { env });
    return readShown(folder);
  },

  async fish(folder, { lines, env }) {
    const asking = `source ${folder}/script; for line in $argv; complete -C $line; echo '=='; end`;
    const { stdout } = await run('fish', ['--no-config', '--command', asking, ...lines], { env });
    const answers = stdout.split('==\n').map((answer) => answer.split('\n').filter((each) => each !== ''));
    return lines.map((line, index) => {
      // fish answers with what may stand in place of the last word, and inserts it where it is the only one.
      const [candidate, ...more] = answers[index] ?? [];
      if (candidate === undefined || more.length > 0) return line;
      return `${line.slice(0, line.lastIndexOf(' ') + 1)}${candidate.replace(/\t.*/, '')} `;
    });
  },
};

async function readShown(folder: string): Promise<string[]> {
  return (await readFile(path.join(folder, 'shown'), 'utf8')).split('\n').slice(0, -1);
}
