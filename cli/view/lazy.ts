/**
 * Parts that bring libraries of their own: hono, cytoscape, elkjs, uPlot. Deno fetches what any literal import names,
 * in branches that are never taken too, so these names are computed: only a command that shows something fetches them.
 * @module
 */
const load = (file: string) => import(new URL(file, import.meta.url).href);

/** The server of the page. */
export const loadServer = (): Promise<typeof import("./server.ts")> => load("./server.ts");
/** The page of a fit. */
export const loadLive = (): Promise<typeof import("./live.ts")> => load("./live.ts");
/** The page as files. */
export const loadFiles = (): Promise<typeof import("./files.ts")> => load("./files.ts");
/** Drawings as files. */
export const loadDrawing = (): Promise<typeof import("./panels/drawing.ts")> => load("./panels/drawing.ts");
