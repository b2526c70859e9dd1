/** Pictures of forecasts: what was, what is forecast, and the interval around it, as SVG. @module */

/** A line over rows; holes are NaN. */
export interface PlotLine {
  readonly name: string;
  /** Row of the first value. */
  readonly from: number;
  readonly values: ArrayLike<number>;
  readonly dashed?: boolean;
}
/** What is drawn. */
export interface ForecastPlot {
  readonly title: string;
  readonly lines: readonly PlotLine[];
  /** The interval around the forecast. */
  readonly band?: {
    readonly from: number;
    readonly lower: ArrayLike<number>;
    readonly upper: ArrayLike<number>;
  };
  /** A row's date or number, written below it. */
  label(row: number): string;
}

const colors = ["#1f4e79", "#c2571a", "#3a7d44", "#7a4b94"] as const;
const size = { width: 860, height: 360, left: 64, right: 16, top: 40, bottom: 44 } as const;
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const fixed = (n: number) => n.toFixed(1);

/** Round numbers that cover a range. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough) ?? rough;
  const first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** The picture as the text of an SVG file. */
export function forecastSvg({ title, lines, band, label }: ForecastPlot): string {
  const list = (values: ArrayLike<number>) => Array.from(values).filter(Number.isFinite);
  const all = [
    ...lines.flatMap((l) => list(l.values)),
    ...(band ? [...list(band.lower), ...list(band.upper)] : []),
  ];
  const low = Math.min(...all), high = Math.max(...all), spread = high - low || 1;
  const first = Math.min(...lines.map((l) => l.from)),
    last = Math.max(...lines.map((l) => l.from + l.values.length - 1));
  const { width, height, left, right, top, bottom } = size;
  const x = (row: number) => left + (width - left - right) * (row - first) / Math.max(1, last - first);
  const y = (v: number) => height - bottom - (height - top - bottom) * (v - low) / spread;
  const path = (from: number, values: ArrayLike<number>) => {
    let pen = "M", d = "";
    Array.from(values).forEach((v, i) => {
      if (Number.isFinite(v)) d += `${pen}${fixed(x(from + i))} ${fixed(y(v))}`;
      pen = Number.isFinite(v) ? "L" : "M";
    });
    return d;
  };
  const grid = ticks(low, high, 5).map((v) =>
    `<path d="M${left} ${fixed(y(v))}H${width - right}" stroke="#ddd"/>` +
    `<text x="${left - 8}" y="${fixed(y(v) + 4)}" text-anchor="end">${Number(v.toPrecision(6))}</text>`
  );
  const marks = ticks(first, last, 6).filter(Number.isInteger).map((row) =>
    `<text x="${fixed(x(row))}" y="${height - bottom + 18}" text-anchor="middle">${
      escaped(label(row))
    }</text>`
  );
  const shade = band
    ? [
      `<path d="${path(band.from, band.upper)}L${
        Array.from(band.lower, (v, i) => `${fixed(x(band.from + i))} ${fixed(y(v))}`).reverse().join("L")
      }Z" fill="${colors[1]}" fill-opacity="0.18"/>`,
    ]
    : [];
  const drawn = lines.map((l, i) =>
    `<path d="${path(l.from, l.values)}" fill="none" stroke="${
      colors[i % colors.length]
    }" stroke-width="1.5"${l.dashed ? ' stroke-dasharray="5 3"' : ""}/>`
  );
  const legend = lines.map((l, i) =>
    `<text x="${left + 150 * i}" y="${height - 8}" fill="${colors[i % colors.length]}">${
      l.dashed ? "- -" : "—"
    } ${escaped(l.name)}</text>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="24" font-size="15">${escaped(title)}</text>`,
    ...grid,
    ...marks,
    ...shade,
    ...drawn,
    ...legend,
    "</svg>\n",
  ].join("\n");
}
