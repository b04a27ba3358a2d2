import { formatValue, type Unit } from "./numbers.ts";

export interface Series {
  readonly name: string;
  /** Both above 0: the axes are logarithmic. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  /** Under the title: what it was measured on. */
  readonly about: string;
  readonly x: { readonly label: string; readonly unit: Unit };
  readonly y: { readonly label: string; readonly unit: Unit };
  readonly series: readonly Series[];
}

/**
 * An SVG of lines over two logarithmic axes, each named at its right end. A series without points is left out; without any
 * point the text is a frame that says so.
 */
export function plotSvg(plot: Plot): string {
  const series = plot.series.filter(({ points }) => points.length > 0);
  const all = series.flatMap(({ points }) => points);
  const body =
    all.length === 0 ? [text(width / 2, height / 2, "nothing measured", "middle")] : drawn(plot, series);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(plot.title)}">`,
    `<style>text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:17px;font-weight:600}.about{fill:#666}.grid{stroke:#e3e3e3}.axis{stroke:#888}.line{fill:none;stroke-width:2}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(area.left, 28, plot.title, "start", "title"),
    text(area.left, 48, plot.about, "start", "about"),
    ...body,
    "</svg>\n",
  ].join("\n");
}

const [width, height] = [820, 480];
const area = { left: 84, right: 690, top: 66, bottom: 420 };

/** Okabe and Ito's colours, which colour-blind people can tell apart; ours is the strongest. */
const colours = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

function drawn(plot: Plot, series: readonly Series[]): string[] {
  const all = series.flatMap(({ points }) => points);
  const x = axis(
    all.map(([value]) => value),
    [area.left, area.right],
  );
  const y = axis(
    all.map(([, value]) => value),
    [area.bottom, area.top],
  );
  const grid = [
    ...x.ticks.flatMap((tick) => [
      rule(x.at(tick), area.top, x.at(tick), area.bottom, "grid"),
      text(x.at(tick), area.bottom + 20, formatValue(tick, plot.x.unit), "middle"),
    ]),
    ...y.ticks.flatMap((tick) => [
      rule(area.left, y.at(tick), area.right, y.at(tick), "grid"),
      text(area.left - 8, y.at(tick) + 4, formatValue(tick, plot.y.unit), "end"),
    ]),
    rule(area.left, area.bottom, area.right, area.bottom, "axis"),
    rule(area.left, area.top, area.left, area.bottom, "axis"),
    text((area.left + area.right) / 2, area.bottom + 44, plot.x.label, "middle"),
    `<text transform="translate(18 ${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(plot.y.label)}</text>`,
  ];
  const ends = apart(series.map(({ points }) => y.at((points.at(-1) as readonly [number, number])[1])));
  return [
    ...grid,
    ...series.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length] as string;
      const places = points.map(([left, right]) => [round(x.at(left)), round(y.at(right))] as const);
      const [last] = places.at(-1) as readonly [number, number];
      return [
        `<polyline class="line" stroke="${colour}" points="${places.map((place) => place.join(",")).join(" ")}"/>`,
        ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`),
        `<text x="${last + 10}" y="${round((ends[index] as number) + 4)}" style="fill:${colour}">${escape(name)}</text>`,
      ];
    }),
  ];
}

interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Whole powers of ten around the values, spread over from..to. */
function axis(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

/** Names that would lie upon each other are moved apart, downwards, in the order of their lines. */
export function apart(places: readonly number[], distance = 15): number[] {
  const moved = [...places];
  const order = places
    .map((_, index) => index)
    .toSorted((left, right) => (places[left] ?? 0) - (places[right] ?? 0));
  let least = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    least = Math.max(least + distance, places[index] as number);
    moved[index] = least;
  }
  return moved;
}

function text(
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end",
  kind?: string,
): string {
  const of = kind === undefined ? "" : ` class="${kind}"`;
  return `<text${of} x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function rule(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
