import type { KubeWrite } from '../cluster/api-server.ts';
import { decode, type StoredObject } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import { numberOf } from '../ucl/certificates.ts';
import type { SignedCertificate } from '../ucl/connector.ts';
import { runtimeId, type UclCall } from '../ucl/ucl.ts';

interface StoredPair {
  readonly certificate: SignedCertificate | undefined;
  readonly key: number | undefined;
}

/** Stored key and certificate match, and a pair that works goes only for one with which UCL has answered. */
export function watchPair(world: World): Observer {
  /** Certificates with which a process has had an answer for this runtime. */
  const proven = new WeakSet<SignedCertificate>();
  return {
    onUclDelivered: (call) => {
      if (call.usedCertificate !== undefined && isProof(call)) proven.add(call.usedCertificate);
    },
    onWrite: (write) => {
      const isStored = write.agent !== undefined && !write.isRefused && write.place.name === places.client.name;
      if (isStored) judgePair(world, write, proven);
    },
  };
}

/** Director has answered with the certificate, and named this runtime. */
function isProof({ api, answer }: UclCall): boolean {
  return api === 'director' && answer.kind === 'answer' && answer.status === 200 && answer.body.includes(runtimeId);
}

function judgePair(world: World, { before, after }: KubeWrite, proven: WeakSet<SignedCertificate>): void {
  const [former, present] = [readPair(world, before), readPair(world, after)];
  if (present.certificate?.key !== present.key || present.key === undefined) {
    world.violate('pair-matches', 'the stored certificate belongs to another key');
  }
  const { certificate } = former;
  if (certificate === undefined || certificate === present.certificate || certificate.key !== former.key) return;
  const worked = proven.has(certificate) && !certificate.isRevoked && world.ucl.connector.isInForce(certificate);
  if (worked && (present.certificate === undefined || !proven.has(present.certificate))) {
    world.violate('proven-pair-stays', 'a certificate that works was replaced by one that nobody has tried');
  }
}

function readPair(world: World, secret: StoredObject | undefined): StoredPair {
  const { crt = '', key = '' } = decode(secret);
  return { certificate: world.ucl.connector.find(crt), key: numberOf(key) };
}
