/** Names become ids that are safe in a URL: `Parkett links` is `parkett-links`. */

export const ID_PATTERN = /^[a-z0-9-]+$/;

export const ID_LENGTH_MAX = 64;

/** The name in lower case without accents, `-` for what is neither letter nor digit; `fallback` if nothing is left. */
export function idFromName(name: string, fallback: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-+|-+$/g, '').slice(0, ID_LENGTH_MAX - 8) || fallback;
}

/** The id, or the id with the first free number behind it; remembers what it gave. */
export function freeId(id: string, taken: Set<string>): string {
  let free = id;
  for (let i = 2; taken.has(free); i += 1) free = `${id}-${i}`;
  taken.add(free);
  return free;
}
