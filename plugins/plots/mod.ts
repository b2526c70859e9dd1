/**
 * Pictures of training: curves and histograms as SVG, curves as text.
 *
 * ```ts
 * import { plotCurves } from "@lapis/lapis/plots";
 * console.log(plotCurves([{ name: "loss", values: [3, 2, 1] }]).length);
 * ```
 * @module
 */
export { type DistributionOptions, type Histogram, histogram, plotDistributions } from "./distributions.ts";
export { type Panel, plotCurves, plotHistory, type PlotOptions, plotPanels, type Series } from "./history.ts";
export { curvesText, historyText, type TextPlotOptions } from "./text.ts";
