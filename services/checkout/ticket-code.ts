/**
 * The code on a ticket: its id under an Ed25519 signature, so that a door can tell a forged one although the
 * house's network is down. Rules TK. Whether the ticket is void or was used is asked where there is a network.
 */
import { createPrivateKey, sign } from 'node:crypto';

const SCHEME = 'USHER1';

/** Makes codes with the house's ticket key. */
export function ticketSigner(privatePem: string): (ticketId: string) => string {
  const key = createPrivateKey(privatePem);
  return (ticketId) => {
    const signed = `${SCHEME}.${ticketId}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
  };
}
