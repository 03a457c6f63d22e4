import { createKubeHttp, type KubeResponse, type OpenWatch } from '../../servers/kube-api/kube-http.ts';
import { isJsonObject, type Json } from '../../servers/kube-api/kube-object.ts';
import { stable, UID } from './stable-answer.ts';

/** How the suite calls itself: the audit log tells its requests from those of real clients by it. */
export const SUITE_USER_AGENT = 'conformance';

/** One of the two servers that are compared. */
export interface ServerUnderTest {
  kubeconfigFile: string;
  /** Forgets the history up to now; open connections may go with it. */
  compact(): Promise<void>;
}

/** A server that is asked, with a transcript of what it answered; both servers must give the same one. */
export interface RecordedServer {
  /** Sends a request and records the answer. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<KubeResponse>;
  /** Sends a request of which the scenario itself notes what counts. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<KubeResponse>;
  /** Opens a watch; {@link tell} records what came. */
  watch(path: string, headers?: Record<string, string>): Promise<OpenWatch>;
  /** Records the events of a watch and closes it. */
  tell(title: string, watch: OpenWatch): void;
  /** Records whatever else the servers must agree in. */
  note(title: string, value: Json): void;
  forget(): Promise<void>;
  transcript: Json[];
}

/** What a client asks one after the other, and goes by. */
export type Scenario = (server: RecordedServer) => Promise<void>;

/** Plays a scenario and returns its transcript. */
export async function play(scenario: Scenario, { kubeconfigFile, compact }: ServerUnderTest): Promise<Json[]> {
  let http = await createKubeHttp(kubeconfigFile);
  const transcript: Json[] = [];
  const server: RecordedServer = {
    transcript,
    async send(method, path, body, headers) {
      const answer = await http.send(method, path, body, { 'user-agent': SUITE_USER_AGENT, ...headers });
      transcript.push({
        request: `${method} ${withoutVersions(path)} ${stableText(body)}`,
        status: answer.status,
        warning: answer.headers.warning ?? null,
        body: stable(answer.body),
      });
      return answer;
    },
    ask: (method, path, body, headers) => http.send(method, path, body, { 'user-agent': SUITE_USER_AGENT, ...headers }),
    watch: (path, headers) => http.watch(path, { 'user-agent': SUITE_USER_AGENT, ...headers }),
    tell(title, watch) {
      watch.close();
      const events = watch.events.map(({ type, object }) => ({ type, object: stable(object) }));
      transcript.push({ watch: title, status: watch.status, events });
    },
    note: (title, value) => transcript.push({ note: title, value }),
    async forget() {
      http.close();
      await compact();
      http = await createKubeHttp(kubeconfigFile);
    },
  };
  try {
    await scenario(server);
  } finally {
    http.close();
  }
  return transcript;
}

/** Tokens and versions are each server's own. */
function withoutVersions(path: string): string {
  return path
    .replace(UID, '<uid>')
    .replace(/(?<=[?&](continue|resourceVersion)=)[^&]+/g, (value) => (/^(0|1|9+)$/.test(value) ? value : '<own>'));
}

function stableText(body: unknown): string {
  return isJsonObject(body) ? JSON.stringify(stable(body)) : (JSON.stringify(body) ?? '');
}
