export type Unit = "bytes" | "seconds" | "times" | "count";

/** A measured value for a person: `7.78 MB` (SI, as the targets count), `62 ms`, `12.5 min`, `0.0015`, `1,204`. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === "bytes") return formatSi(value);
  if (unit === "seconds") return formatSeconds(value);
  return unit === "times" ? three(value) : value.toLocaleString("en-US");
}

function formatSi(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && Number(three(Math.abs(value))) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : three(value)} ${units[unit]}`;
}

function formatSeconds(seconds: number): string {
  if (Math.abs(seconds) < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${three(seconds)} s`;
  if (seconds < 5400) return `${three(seconds / 60)} min`;
  return `${three(seconds / 3600)} h`;
}

/** Three digits that count, never in powers of ten: `0.00152`, `4.1`, `112`, `1204`. */
function three(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)));
  return digits <= 0 ? value.toFixed(0) : String(Number(value.toFixed(Math.min(digits, 9))));
}
