const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `1536` → `1.5 KiB`; three significant digits at most, IEC units, the sign kept. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (unit < units.length - 1 && (unit === 0 ? value >= 1024 : Number(digits(value)) >= 1024)) {
    value /= 1024;
    unit += 1;
  }
  return `${bytes < 0 ? "-" : ""}${unit === 0 ? value : digits(value)} ${units[unit]}`;
}

/**
 * Bytes of a size with its unit: `4GiB`, `900 KiB`, `1.5 GB`. IEC units are powers of 1024, SI units of 1000.
 * A number without a unit is `undefined`: whether 4096 meant MiB or bytes is exactly the mistake to catch.
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(B|[KMGTP]i?B)$/.exec(text.trim());
  if (!match) return undefined;
  const [, amount, unit] = match as unknown as [string, string, string];
  const power = unit === "B" ? 0 : "KMGTP".indexOf(unit.charAt(0)) + 1;
  const bytes = Math.round(Number(amount) * (unit.includes("i") ? 1024 : 1000) ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * Bytes a second of `900 KiB/s`, in the units of `parseBytes` and with the small k that SI has. A number without a unit is
 * `undefined`, and so is a rate in bits.
 */
export function parseRate(text: string): number | undefined {
  const match = /^(.+?) ?\/s$/.exec(text.trim());
  return match === null ? undefined : parseBytes((match[1] as string).replace(/k(?=i?B$)/, "K"));
}

/** One decimal place below 100, none above: steady width in a column. */
function digits(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
