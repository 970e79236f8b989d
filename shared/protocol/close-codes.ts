/**
 * Why a socket was closed. The range says what the client does: 4000-4499 come back after a jittered wait,
 * 4500-4999 do not come back.
 */
export const CLOSE = {
  restarting: 4001,
  tooSlow: 4008,
  tooMany: 4029,
  admissionEnded: 4500,
  admissionRevoked: 4501,
  misuse: 4510,
} as const;

/** Whether a client that was closed with `code` should connect again. 1006 and the like: yes. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999;
}
