import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import { decode, type StoredObject } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import { numberOf } from '../ucl/certificates.ts';
import type { SignedCertificate } from '../ucl/connector.ts';
import type { UclCall } from '../ucl/ucl.ts';

const hour = 3_600_000;
const certificatesAnHour = 4;
const uselessTokensAnHour = 2;

interface StoredPair {
  readonly certificate: SignedCertificate | undefined;
  readonly key: number | undefined;
}

/**
 * Stored key and certificate match; a proven pair goes for a proven one only; a token that got an answer is not used
 * again; certificates and minted tokens are few.
 */
export function watchCredentials(world: World): Observer {
  const answered = new Map<string, { readonly life: Life; isRecorded: boolean }>();
  const signed: number[] = [];
  const minted: number[] = [];
  /** Answers that were lost, and deaths: each may cost a certificate, or a token. */
  const mishaps: number[] = [];

  const judgeRates = () => {
    const inHour = (instants: readonly number[]) => instants.filter((at) => world.timeline.now - at < hour).length;
    const certificates = inHour(signed) - inHour(mishaps);
    if (certificates > certificatesAnHour) {
      world.violate('certificates-are-few', `${certificates} certificates in an hour, beyond what was lost`);
    }
    const useless = inHour(minted) - inHour(signed) - inHour(mishaps);
    if (useless > uselessTokensAnHour) {
      world.violate('configuration-is-rare', `${useless} tokens were minted in an hour that led to no certificate`);
    }
  };

  const noteCall = (call: UclCall, life: Life) => {
    const before = call.token === undefined ? undefined : answered.get(call.token);
    if (before !== undefined && (before.isRecorded || before.life === life)) {
      world.violate('tokens-are-used-once', `${call.operation} with a token that had got its answer`);
    }
    if (call.signed !== undefined) signed.push(call.at);
    if (call.isMinted === true) minted.push(call.at);
    if (call.signed !== undefined || call.isMinted === true) judgeRates();
  };

  return {
    onUclCall: noteCall,
    onUclDelivered: (call, life) => {
      if (call.token !== undefined && call.isTokenBurnt === true) {
        answered.set(call.token, { life, isRecorded: false });
      }
    },
    onUclLost: (call) => void (call.api === 'connector' && mishaps.push(call.at)),
    onDeath: () => void mishaps.push(world.timeline.now),
    onWrite: (write) => {
      // Whoever deletes the record takes from the agent what it knew of tokens.
      if (write.agent === undefined && write.verb === 'delete' && write.place.name === places.pairing.name)
        answered.clear();
      if (write.agent === undefined || write.isRefused) return;
      if (write.place.name === places.pairing.name) for (const token of answered.values()) token.isRecorded = true;
      if (write.place.name === places.client.name) judgePair(world, write);
    },
  };
}

function judgePair(world: World, { before, after }: KubeWrite): void {
  const [former, present] = [readPair(world, before), readPair(world, after)];
  if (present.certificate?.key !== present.key || present.key === undefined) {
    world.violate('pair-matches', 'the stored certificate belongs to another key');
  }
  const { certificate } = former;
  if (certificate === undefined || certificate === present.certificate || certificate.key !== former.key) return;
  const worked = certificate.isProven && !certificate.isRevoked && world.ucl.connector.isInForce(certificate);
  if (worked && present.certificate?.isProven !== true) {
    world.violate('proven-pair-stays', 'a certificate that works was replaced by one that nobody has tried');
  }
}

function readPair(world: World, secret: StoredObject | undefined): StoredPair {
  const { crt = '', key = '' } = decode(secret);
  return { certificate: world.ucl.connector.find(crt), key: numberOf(key) };
}
