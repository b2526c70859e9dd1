/** All layers, and what makes them. @module */
export { layers } from "./list.ts";
export { rareLayers } from "./rare.ts";
export { hubLayers } from "./hub/list.ts";
export * from "./factories.ts";
export * from "./factories-more.ts";
