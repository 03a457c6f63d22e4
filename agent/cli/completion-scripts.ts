/** Shells that the program completes its command line in. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What the scripts ask the program by, with the words behind its name; the last is the one that is being typed. */
export const completeCommandName = '__complete';

/*
 * Each script asks the program itself, so that it never falls behind it. An answer is a line for each candidate, with a tab and
 * its meaning behind it, and at the end a colon with a number: 0, a file may stand there; 4, nothing else. These are
 * the answers that kubectl takes from its plugins (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
 */

export const directives = { file: ':0', nothing: ':4' } as const;

/** What a person's shell reads to complete `program`. */
export function completionScript(shell: Shell, program: string): string {
  const name = `_${program.replaceAll(/\W/g, '_')}`;
  switch (shell) {
    case 'bash':
      return `${name}() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      ${directives.file}) compopt -o default; COMPREPLY=() ;;
      ${directives.nothing}) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" ${completeCommandName} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F ${name} ${program}
`;
    case 'zsh':
      return `#compdef ${program}
${name}() {
  local -a lines found
  local line
  lines=("\${(@f)$("\${words[1]}" ${completeCommandName} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  # What follows \`--option=\` is completed by itself.
  compset -P '--*='
  if [[ \${lines[-1]} == '${directives.file}' ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[1,-2]}"; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe '${program}' found
}
compdef ${name} ${program}
`;
    case 'fish':
      return `function _${name}
    set -l words (commandline -opc) (commandline -ct)
    # Here a candidate is the whole word, with the \`--option=\` before its value.
    set -l option (string match --regex -- '^--[^=]+=' $words[-1])
    for line in ($words[1] ${completeCommandName} $words[2..] 2>/dev/null | string match --invert --regex '^:\\d+$')
        printf '%s\\n' "$option$line"
    end
end
complete --command ${program} --no-files --arguments '(_${name})'
complete --command ${program} --long-option kubeconfig --require-parameter --force-files
`;
  }
}
