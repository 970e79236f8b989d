// A service's log is JSON, a line for each outcome. The console gets its warnings and errors only, in one readable line.

const LEVELS: Record<number, string> = { 40: 'warning', 50: 'error', 60: 'fatal' };
const NOT_SHOWN = new Set([
  'level',
  'time',
  'pid',
  'hostname',
  'msg',
  'name',
  'service',
  'err',
  'stack',
  'v',
]);
const LINE_CHARS_MAX = 400;

/** Anything but JSON is what Node or a library said on standard error; of a stack trace, the first lines will do. */
function plainLine(service: string, line: string): string | undefined {
  const isNoise = line.trim() === '' || /^\s|^node:internal|^Node\.js v|^\(Use `node/.test(line);
  return isNoise ? undefined : `${service}: ${line}`.slice(0, LINE_CHARS_MAX);
}

/** The console's form of a log line, or undefined where it is not for the console. */
export function consoleLine(service: string, line: string): string | undefined {
  if (!line.startsWith('{')) return plainLine(service, line);
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return plainLine(service, line);
  }
  const level = LEVELS[Number(entry.level)];
  if (level === undefined) return undefined;
  const time = new Date(Number(entry.time ?? Date.now())).toTimeString().slice(0, 8);
  const error = entry.err as { message?: unknown } | undefined;
  const cause = typeof error?.message === 'string' && error.message !== entry.msg ? `: ${error.message}` : '';
  const fields = Object.entries(entry)
    .filter(([key, value]) => !NOT_SHOWN.has(key) && value !== null && typeof value !== 'object')
    .map(([key, value]) => `${key}=${value}`);
  const details = fields.length > 0 ? ` (${fields.join(' ')})` : '';
  const text = `${entry.msg ?? ''}${cause}`.replaceAll(/\s*\n\s*/g, ' ');
  return `${time} ${service} ${level}: ${text}${details}`.slice(0, LINE_CHARS_MAX);
}
