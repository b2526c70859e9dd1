/**
 * Time series: dates, windows, splits without leaks, scaling, differences, baselines and intervals of forecasts.
 *
 * ```ts
 * import { chronologicalSplit } from "@lapis/lapis/series";
 * console.log(chronologicalSplit(100).test);
 * ```
 * @module
 */
export * from "../plugins/preprocessing/series/forecasting.ts";
export * from "../plugins/preprocessing/scaling.ts";
export * from "../plugins/preprocessing/series/dates.ts";
export * from "../plugins/preprocessing/series/difference.ts";
export * from "../plugins/preprocessing/series/features.ts";
export * from "../plugins/preprocessing/series/preprocessor.ts";
export * from "../plugins/preprocessing/series/split.ts";
export * from "../plugins/preprocessing/series/table.ts";
export type * from "../plugins/preprocessing/series/types.ts";
export * from "../plugins/preprocessing/series/windows.ts";
