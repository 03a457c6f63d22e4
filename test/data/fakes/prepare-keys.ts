import { generatePrivateKey } from '../../../agent/connection/create-certificate-signing-request.ts';

/** A source of private keys that makes a few and gives them in turn: making one takes longer than all the rest. */
export async function prepareKeys(count = 3): Promise<() => Promise<string>> {
  const keys = await Promise.all(Array.from({ length: count }, () => generatePrivateKey(2048)));
  let given = 0;
  return async () => {
    given += 1;
    return keys[given % count] ?? '';
  };
}
