/** Lines over steps as SVG, on a linear or logarithmic axis. @module */

/** One line. */
export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}
const colours = ["#c0392b", "#2471a3", "#1e8449", "#7d3c98"];
const width = 640, height = 360, left = 70, right = 20, top = 36, bottom = 44;

/** A chart of lines, all over the same steps. */
export function chart(title: string, lines: readonly Line[], scale: "linear" | "log", axis = "step"): string {
  const all = lines.flatMap((l) => l.values).filter((v) => scale === "linear" || v > 0);
  const of = (v: number) => (scale === "log" ? Math.log10(v) : v);
  const high = of(Math.max(...all)), low = scale === "log" ? Math.floor(of(Math.min(...all))) : 0;
  const steps = Math.max(...lines.map((l) => l.values.length)) - 1;
  const x = (t: number) => left + (t / Math.max(steps, 1)) * (width - left - right);
  const y = (v: number) => height - bottom - ((of(v) - low) / (high - low || 1)) * (height - top - bottom);
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  const text = (px: number, py: number, what: string, more = "") =>
    `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" ${more}>${what}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(left, 20, title, 'font-size="14"'),
    ...ticks.flatMap((v) => {
      const shown = scale === "log" ? 10 ** v : v, at = y(shown);
      return [
        `<line x1="${left}" x2="${width - right}" y1="${at.toFixed(1)}" y2="${
          at.toFixed(1)
        }" stroke="#ddd"/>`,
        text(left - 6, at + 4, shown.toExponential(1), 'text-anchor="end"'),
      ];
    }),
    ...[0, 0.25, 0.5, 0.75, 1].map((s) =>
      text(x(s * steps), height - bottom + 18, `${Math.round(s * steps) + 1}`, 'text-anchor="middle"')
    ),
    text((left + width - right) / 2, height - 8, axis, 'text-anchor="middle"'),
    ...lines.flatMap(({ name, values }, i) => {
      const colour = colours[i % colours.length];
      const points = values.flatMap((v, t) =>
        scale === "log" && v <= 0 ? [] : [`${x(t).toFixed(1)},${y(v).toFixed(1)}`]
      );
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(" ")}"/>`,
        text(width - right - 90, top + 16 * (i + 1), name, `fill="${colour}"`),
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}
