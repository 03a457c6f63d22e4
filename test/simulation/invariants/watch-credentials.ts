import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import { decode } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

const hour = 3_600_000;
const certificatesAnHour = 4;
const uselessTokensAnHour = 2;

/** A token that got an answer is not used again; certificates and minted tokens are few. */
export function watchCredentials(world: World): Observer {
  const answered = new Map<string, { readonly life: Life; isRecorded: boolean }>();
  const signed: number[] = [];
  const minted: number[] = [];
  /** Answers that were lost, deaths, and tokens that people put: each may cost a certificate, or a token. */
  const mishaps: number[] = [];
  const renewals = watchRenewals(world);
  const record = followRecord(world);
  const restarts = followRestarts(world);

  const judgeRates = (life: Life) => {
    const inHour = (instants: readonly number[]) => instants.filter((at) => world.timeline.now - at < hour).length;
    const known = (instants: readonly number[]) => inHour(instants.filter((at) => record.isKnown(at, life)));
    const certificates = known(signed) - known(mishaps);
    if (certificates > certificatesAnHour) {
      world.violate('certificates-are-few', `${certificates} certificates in an hour, beyond what was lost`);
    }
    const useless = inHour(minted) - inHour(signed) - inHour(mishaps) - inHour(restarts.instants);
    if (useless > uselessTokensAnHour) {
      world.violate('configuration-is-rare', `${useless} tokens were minted in an hour that led to no certificate`);
    }
  };

  const noteCall = (call: UclCall, life: Life) => {
    restarts.onCall(life);
    record.onCall(life);
    const before = call.token === undefined ? undefined : answered.get(call.token);
    if (before !== undefined && (before.isRecorded || before.life === life)) {
      world.violate('tokens-are-used-once', `${call.operation} with a token that had got its answer`);
    }
    if (call.signed !== undefined) signed.push(call.at);
    renewals.onCall(call, life);
    if (call.isMinted === true) minted.push(call.at);
    if (call.signed !== undefined || call.isMinted === true) judgeRates(life);
  };

  /** What a process had not written down when it died, or stood still, another one cannot know. */
  const noteEnd = (life: Life) => {
    mishaps.push(world.timeline.now);
    restarts.onEnd(life);
    renewals.onEnd(life);
    record.onEnd(life);
    for (const [token, answer] of answered) if (answer.life === life && !answer.isRecorded) answered.delete(token);
  };

  return {
    onUclCall: noteCall,
    onUclDelivered: (call, life) => {
      if (call.token !== undefined && call.isTokenBurnt === true) {
        answered.set(call.token, { life, isRecorded: false });
      }
    },
    onUclLost: (call) => {
      // Of a request that led to nothing nothing was lost.
      if (call.signed === undefined && call.isMinted !== true) return;
      mishaps.push(call.at);
      renewals.onMishap();
    },
    onDeath: noteEnd,
    onCutOff: noteEnd,
    onWrite: (write) => {
      renewals.onWrite(write);
      record.onWrite(write);
      if (write.agent === undefined && write.place.name === places.configuration.name) mishaps.push(write.at);
      answered.delete(suppliedToken(write) ?? '');
      // Whoever deletes the record takes from the agent what it knew of tokens.
      if (write.agent === undefined && write.verb === 'delete' && write.place.name === places.pairing.name)
        answered.clear();
      if (write.agent === undefined || write.isRefused) return;
      if (write.place.name === places.pairing.name) for (const token of answered.values()) token.isRecorded = true;
    },
  };
}

/**
 * What stands in the Secret of the pairing is all that a process knows of certificates that others have asked for. Somebody
 * who deletes it, or puts back an older one, takes that away, unless the process that knows of them notes one more. Whoever
 * sets the wall clock forward makes what is noted seem old to the next process.
 */
function followRecord(world: World) {
  let lostAt: number | undefined;
  let unknownUpTo = Number.NEGATIVE_INFINITY;
  /** When each process began to ask UCL, by both clocks, since it last led: it has read the notes then. */
  const begun = new Map<Life, { readonly at: number; readonly offsetMs: number }>();
  const offsets = followOffsets(world);
  return {
    isKnown: (at: number, life: Life) => {
      const since = begun.get(life);
      if (at <= unknownUpTo) return false;
      return since === undefined || at >= since.at || since.at + since.offsetMs - at - offsets.at(at) < hour;
    },
    onCall: (life: Life) => {
      offsets.note();
      if (!begun.has(life)) begun.set(life, { at: world.timeline.now, offsetMs: world.clock.offsetMs });
    },
    onEnd: (life: Life) => {
      begun.delete(life);
      offsets.note();
      // Who leads goes on with what it knows.
      if (lostAt === undefined || world.otherLeader(life) !== undefined) return;
      unknownUpTo = lostAt;
      lostAt = undefined;
    },
    onWrite: ({ agent, verb, place, before, after, at }: KubeWrite) => {
      if (place.name !== places.pairing.name) return;
      if (agent === undefined && verb === 'delete') {
        // While nobody runs, nobody knows of them any more.
        if ([...begun.keys()].every(({ isDead }) => isDead)) unknownUpTo = at;
        else lostAt = at;
      } else if (agent !== undefined && decode(after).renewals !== decode(before).renewals) lostAt = undefined;
    },
  };
}

/** Processes that began after one that ended in order, which alone knew when it had asked Connector for the addresses. */
function followRestarts(world: World) {
  const instants: number[] = [];
  const latest = new Map<string, { readonly life: Life; readonly isCut: boolean }>();
  return {
    instants,
    onCall: (life: Life) => {
      const last = latest.get(life.agent);
      if (last?.life === life) return;
      if (last?.isCut === false) instants.push(world.timeline.now);
      latest.set(life.agent, { life, isCut: false });
    },
    /** A death, which is counted on its own. */
    onEnd: (life: Life) => latest.set(life.agent, { life, isCut: true }),
  };
}

/** How far the wall clock was from the true one. */
function followOffsets(world: World) {
  const noted = [{ at: Number.NEGATIVE_INFINITY, offsetMs: world.clock.offsetMs }];
  return {
    /** Noted often enough: with each call to UCL, and when a process ends. */
    note: () => {
      const { offsetMs } = world.clock;
      if (noted.at(-1)?.offsetMs !== offsetMs) noted.push({ at: world.timeline.now, offsetMs });
    },
    at: (instant: number) => noted.findLast(({ at }) => at <= instant)?.offsetMs ?? 0,
  };
}

/** What somebody changes of them may cost the agent its certificate. */
const linkSecrets: ReadonlySet<string> = new Set([places.configuration.name, places.client.name, places.pairing.name]);

/** Of that age is what a run knows of the CompassConnection when it sends a token: it reads three Secrets before. */
const beforePairingMs = 200;

const renewalAsked = 'compass.kyma-project.io/renew-requested-at';
const renewalHandled = 'compass.kyma-project.io/last-handled-renew-request';

/**
 * A request for a new certificate costs one, and one more for each answer that was lost, for each death before the new one was
 * stored, and for each token or rubbish that came meanwhile. So does each other request that was not answered yet: whoever hears of them one
 * by one answers them one by one. Judged where no certificate has to be renewed by itself.
 */
function watchRenewals(world: World) {
  /** Requests by annotation, in the order in which they came. */
  const open = new Map<string, { readonly at: number; signed: number; excuses: number }>();
  let isAskedBySpec = false;
  /** When the pairing began that has no certificate yet. */
  let pairingSince: number | undefined;
  /** Agents that have a certificate which is not stored yet. */
  const unstored = new Set<string>();
  const excuse = () => {
    for (const request of open.values()) request.excuses += 1;
  };
  return {
    onMishap: excuse,
    onEnd: ({ agent }: Life) => {
      if (unstored.delete(agent)) excuse();
    },
    onCall: ({ token, sentAt, signed }: UclCall, { agent }: Life) => {
      if (token !== undefined) pairingSince ??= sentAt - (world.isWatchTroubled ? world.noticedMs : beforePairingMs);
      if (signed === undefined) return;
      unstored.add(agent);
      // The run that pairs hears of no request that comes meanwhile.
      for (const request of open.values()) if (request.at >= (pairingSince ?? Infinity)) request.excuses += 1;
      pairingSince = undefined;
      if (world.settings.certificateLifeMs <= 24 * hour) return;
      // A certificate that UCL calls another runtime's serves no better than rubbish.
      if (world.ucl.faults.rubbish !== undefined || world.ucl.faults.distortions.has('other-runtime')) excuse();
      for (const [name, request] of open) {
        request.signed += 1;
        if (request.signed > 1 + request.excuses)
          world.violate('requests-cost-one-certificate', `${request.signed} certificates were made for ${name}`);
      }
    },
    onWrite: ({ agent, place, before, after, at }: KubeWrite) => {
      if (agent !== undefined && place.name === places.client.name) unstored.delete(agent);
      if (agent === undefined && linkSecrets.has(place.name)) excuse();
      if (place.name !== places.connection.name) return;
      const isAsked = after?.spec?.refreshCredentialsNow === true;
      if (isAsked && !isAskedBySpec) excuse();
      isAskedBySpec = isAsked;
      const asked = after?.metadata.annotations?.[renewalAsked];
      if (agent === undefined && asked !== undefined && asked !== before?.metadata.annotations?.[renewalAsked]) {
        excuse();
        open.set(asked, { at, signed: 0, excuses: open.size + (isAskedBySpec ? 1 : 0) });
      }
      const { annotations } = after?.metadata ?? {};
      const echo = after?.status?.lastHandledRenewRequest ?? annotations?.[renewalHandled];
      if (typeof echo !== 'string' || !open.has(echo)) return;
      // Those before it were overwritten, and nobody will answer them any more.
      for (const name of [...open.keys()].slice(0, [...open.keys()].indexOf(echo) + 1)) open.delete(name);
    },
  };
}

/** The token that people put in the place of another one. The agent remembers the last alone, and tries a former one again. */
function suppliedToken({ agent, place, before, after }: KubeWrite): string | undefined {
  if (agent !== undefined || place.name !== places.configuration.name) return undefined;
  const [former, present] = [before, after].map((secret) => decode(secret).TOKEN);
  return present === former ? undefined : present;
}
