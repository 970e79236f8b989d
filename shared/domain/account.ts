/** What an account's address and password have to look like. Rules AC. */

export const PASSWORD_CHARS_MIN = 8;
/** scrypt would hash a novel too, at our cost. */
export const PASSWORD_CHARS_MAX = 200;
/** Something, an at sign, something with a dot or a bare host: what it is worth, the first mail shows. */
export const EMAIL_PATTERN = '^[^\\s@]{1,64}@[^\\s@]{1,190}$';
