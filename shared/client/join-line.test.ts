import { describe, expect, it } from 'vitest';
import { ApiError } from './http-client.ts';
import { joinLine } from './join-line.ts';
import type { UsherApi } from './usher-api.ts';

const place = { state: 'waiting', number: 1, position: 1 };

/** A house that refuses with these codes, one after the other, and then gives a place. */
function house(...codes: string[]) {
  const asked: object[] = [];
  const api = {
    join: async (_eventId: number, request: object) => {
      asked.push(request);
      const code = codes.shift();
      if (code !== undefined) throw new ApiError({ code, message: code }, 403);
      return { visitorToken: 't', place };
    },
    // Solved by the first key: every derived key begins with it.
    challenge: async () => ({
      parameters: {
        algorithm: 'PBKDF2/SHA-256',
        nonce: '00'.repeat(16),
        salt: '00'.repeat(16),
        cost: 1,
        keyLength: 32,
        keyPrefix: '7',
      },
      signature: 'ours',
    }),
  } as unknown as UsherApi;
  return { api, asked };
}

describe('joining', () => {
  it('AD24 asks for a challenge only where the house wants one, and says that it works on it', async () => {
    const { api, asked } = house('challenge_required');
    let checking = 0;
    const joined = await joinLine(api, 7, { code: 'A' }, { onChecking: () => checking++ });
    expect(joined.place).toBe(place);
    expect(checking).toBe(1);
    expect(asked[0]).toEqual({ code: 'A' });
    const { code, challenge } = asked[1] as { code: string; challenge: string };
    expect(code).toBe('A');
    const { challenge: solved, solution } = JSON.parse(atob(challenge));
    expect(solved.signature).toBe('ours');
    expect(solution.derivedKey).toMatch(/^7/);
  });

  it('AD24 works out one more where the first came too late, and then gives up', async () => {
    const late = house('challenge_required', 'bad_challenge');
    await joinLine(late.api, 7);
    expect(late.asked).toHaveLength(3);
    const never = house('challenge_required', 'bad_challenge', 'bad_challenge', 'bad_challenge');
    await expect(joinLine(never.api, 7)).rejects.toMatchObject({ code: 'bad_challenge' });
    expect(never.asked).toHaveLength(3);
    const { api, asked } = house('bad_code');
    await expect(joinLine(api, 7, { code: 'A' })).rejects.toMatchObject({ code: 'bad_code' });
    expect(asked).toHaveLength(1);
  });
});
