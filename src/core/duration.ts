const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Two largest units of a span in milliseconds: `3 d 4 h`, `12 min`, `8 s`, `now` under a second. */
export function formatDuration(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < second) return "now";
  if (span < minute) return `${Math.floor(span / second)} s`;
  if (span < hour) return `${Math.floor(span / minute)} min`;
  if (span < day) return two(span, hour, "h", minute, "min");
  return two(span, day, "d", hour, "h");
}

/** Milliseconds of `90s`, `15 min`, `2h`, `3 d`; `undefined` without a unit. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const [, amount, unit] = match as unknown as [string, string, keyof typeof unitLength];
  return Math.round(Number(amount) * unitLength[unit]);
}

const unitLength = { ms: 1, s: second, min: minute, m: minute, h: hour, d: day };

function two(span: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((span % large) / small);
  return `${Math.floor(span / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}
