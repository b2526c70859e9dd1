/** A model as one stand-alone WebAssembly module. @module */
export { buildModule, type BuildOptions, type BuiltModule } from "./build.ts";
export type { ModuleFault, ModuleInfo, ModulePort } from "./info.ts";
