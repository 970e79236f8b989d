/**
 * The wire's version. `version.test.ts` hashes every message schema and the binary layout: whoever changes
 * the wire changes that hash on purpose, and this number where old clients would misread it.
 */
export const PROTOCOL_VERSION = 1;

export const SUBPROTOCOL_BINARY = 'usher.v1';
export const SUBPROTOCOL_JSON = 'usher.v1.json';
/** Prefix of the subprotocol entry that carries the admission token: browsers cannot send headers. */
export const SUBPROTOCOL_TOKEN_PREFIX = 'usher.token.';
