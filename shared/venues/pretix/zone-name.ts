/** What a zone is called on a ticket: its name, else its internal id, else its number. */
export function zoneName(zone: unknown, place: number): string {
  const { name, zone_id } = (zone ?? {}) as { name?: unknown; zone_id?: unknown };
  for (const text of [name, zone_id]) if (typeof text === 'string' && text.trim() !== '') return text.trim();
  return `Zone ${place + 1}`;
}
