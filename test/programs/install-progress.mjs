// What npm logs of its requests, turned into what a person who waits wants to know.

/**
 * How long, in milliseconds.
 * @typedef {object} Patience
 * @property {number} silenceMs Without an answer of the registry, before a line says so.
 * @property {number} giveUpMs Without a single answer since the start, where a request has failed.
 * @property {number} giveUpSilentMs The same where none has failed: the machine may just be slow.
 * @property {number} tickMs Between two lines of progress where lines cannot be rewritten.
 */

/** @type {Patience} */
const usualPatience = { silenceMs: 15_000, giveUpMs: 45_000, giveUpSilentMs: 180_000, tickMs: 15_000 };

/**
 * @typedef {object} Progress
 * @property {(line: string) => void} read Takes a line that npm wrote to stderr.
 * @property {() => 'hopeless' | undefined} look Tells what is new, and says when it makes no sense to wait any longer.
 * @property {() => void} finish Ends the line that is rewritten.
 * @property {() => string} explain Why the installation failed, as one line.
 */

/**
 * @param {object} options
 * @param {(text: string) => void} options.write
 * @param {boolean} options.isTerminal
 * @param {string} options.registry
 * @param {number} options.total How many packages there are to fetch.
 * @param {Patience | undefined} options.patience
 * @returns {Progress}
 */
export function createProgress({ write, isTerminal, registry, total, patience = usualPatience }) {
  const startedAt = performance.now();
  let answeredAt = startedAt;
  let silenceToldAt = startedAt;
  let progressToldAt = startedAt;
  let hasAnswer = false;
  let isHopeless = false;
  let fetched = 0;
  let told = 0;
  let failure = '';
  let failedHost = registry;
  /** @type {string[]} */
  const errors = [];

  /** @param {string} text */
  const tell = (text) => {
    write(`${isTerminal && told > 0 ? '\n' : ''}  ${text}\n`);
    told = 0;
  };
  const tellProgress = () => {
    if (fetched === told) return;
    told = fetched;
    // Some versions of npm fetch builds for other machines too, and leave them out afterwards.
    const text = `  ${Math.min(fetched, total)} of ${total} packages`;
    write(isTerminal ? `\r${text}` : `${text}\n`);
  };

  return {
    read(line) {
      const request = parseLine(line);
      if (request.kind === 'error') errors.push(request.text);
      if (request.kind === 'answer') {
        hasAnswer = true;
        answeredAt = performance.now();
        silenceToldAt = answeredAt;
        if (request.url.endsWith('.tgz')) fetched += 1;
      }
      if (request.kind === 'failure') {
        if (request.code !== failure)
          tell(`${request.host} does not answer as it should (${request.code}); npm tries again ...`);
        failure = request.code;
        failedHost = request.host;
      }
    },
    look() {
      const now = performance.now();
      if (!hasAnswer && now - startedAt >= (failure === '' ? patience.giveUpSilentMs : patience.giveUpMs)) {
        isHopeless = true;
        return 'hopeless';
      }
      if (now - silenceToldAt >= patience.silenceMs) {
        silenceToldAt = now;
        tell(`No answer of the registry for ${Math.round((now - answeredAt) / 1000)} s; still waiting ...`);
      }
      if (isTerminal || now - progressToldAt >= patience.tickMs) {
        progressToldAt = now;
        tellProgress();
      }
      return undefined;
    },
    finish() {
      if (isTerminal && told > 0) write('\n');
    },
    explain() {
      const what = isHopeless
        ? `${failedHost} ${failure === '' ? 'does not answer' : `cannot be used (${failure})`}`
        : summarize(errors);
      return `The installation failed: ${what}. Check the network, the proxy and the registry (npm config list), then run it again.`;
    },
  };
}

/**
 * @typedef {{ kind: 'answer', url: string } | { kind: 'failure', host: string, code: string } | { kind: 'error', text: string } | { kind: 'other' }} Line
 */

/**
 * @param {string} line
 * @returns {Line}
 */
function parseLine(line) {
  const [, url] = /^npm http (?:fetch \w+ [23]\d\d|cache) (\S+)/.exec(line) ?? [];
  if (url !== undefined) return { kind: 'answer', url };
  const [, failedUrl, reason] = /^npm http fetch \w+ (\S+) attempt \d+ failed with (\S+)/.exec(line) ?? [];
  if (failedUrl !== undefined && reason !== undefined)
    return { kind: 'failure', host: hostOf(failedUrl), code: reason };
  const [, text] = /^npm (?:error|ERR!) ?(.*)$/.exec(line) ?? [];
  return text === undefined ? { kind: 'other' } : { kind: 'error', text };
}

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return 'The registry';
  }
}

/**
 * npm ends with `code E403` and then says it in words, over several lines.
 * @param {readonly string[]} errors
 */
function summarize(errors) {
  const code = errors.find((line) => line.startsWith('code '))?.slice('code '.length);
  const words = errors.find((line) => !/^(code|errno|syscall|path|signal) |^(A complete log|$)/.test(line));
  return (
    [code, words]
      .filter((part) => part !== undefined)
      .join(': ')
      .replace(/\.$/, '') || 'npm ended without saying why'
  );
}
