/**
 * Loaded into the agent's process: its stdin is a pipe from the playground, which says nothing and ends with it, also by
 * a crash. An agent that stayed would take the next playground's token and mend what that one removes.
 */
process.stdin.once('close', () => process.exit(1));
process.stdin.resume();
