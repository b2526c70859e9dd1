/** The script beside a stand-alone module, and its types. @module */
import type { DType } from "../../../../core/values/dtype.ts";
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { ModuleInfo, ModulePort } from "./info.ts";

const arrayNames: Partial<Readonly<Record<DType, string>>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  int64: "BigInt64Array",
  int32: "Int32Array",
  int16: "Int16Array",
  int8: "Int8Array",
  uint64: "BigUint64Array",
  uint32: "Uint32Array",
  uint16: "Uint16Array",
  uint8: "Uint8Array",
  bool: "Uint8Array",
};
function arrayName({ name, dtype }: ModulePort): string {
  const found = arrayNames[dtype];
  if (found === undefined) {
    throw new UnsupportedError(`${name}: ${dtype} has no typed array that a program beside Lapis could fill`);
  }
  return found;
}
/** Text in a comment. */
const plain = (text: string) => text.replaceAll("*/", "* /").replace(/\s+/g, " ");
const shapeOf = ({ dtype, shape }: ModulePort) => `${dtype} [${shape.join(", ")}]`;

/** The script: an ES module without dependencies that loads `fileName` from beside itself. */
export function scriptFor(info: ModuleInfo, fileName: string): string {
  const used = [
    ...new Set([...info.inputs, ...info.outputs].map((port) => `${port.dtype}: ${arrayName(port)}`)),
  ];
  const types = encodeURIComponent(fileName.replace(/\.wasm$/, ".d.ts"));
  return `// @ts-self-types="./${types}"
/** ${
    plain(info.name)
  } as a WebAssembly module. Made by \`lapis build\`; needs nothing but WebAssembly with SIMD. */
const text = ${JSON.stringify(JSON.stringify(info))};
const arrays = { ${used.join(", ")} };
${runtime.replace("MODULE", () => JSON.stringify(`./${encodeURIComponent(fileName)}`))}`;
}

/** What every script has; `MODULE` stands for the module's place. */
const runtime = `
/** What the model takes and gives: dims, inputs, outputs, labels. */
export const info = JSON.parse(text);

const said = (shape) => "[" + shape.join(", ") + "]";
const quoted = (name) => JSON.stringify(name);

/** Splits what is given for an input into data and, where it is told, shape. */
function read(port, given) {
  const what = "input " + quoted(port.name), Wanted = arrays[port.dtype];
  const shaped = given !== null && typeof given === "object" && !ArrayBuffer.isView(given) && "data" in given;
  const data = shaped ? given.data : given, shape = shaped ? given.shape : undefined;
  if (data?.[Symbol.toStringTag] !== Wanted.name) {
    const came = data?.[Symbol.toStringTag] ?? (Array.isArray(data) ? "Array" : data === null ? "null" : typeof data);
    throw new TypeError(what + ": expected " + Wanted.name + " for " + port.dtype + " " + said(port.shape) + ", got " + came);
  }
  if (shape === undefined) return { port, data };
  const fits = Array.isArray(shape) && shape.length === port.shape.length &&
    port.shape.every((d, axis) => typeof d === "string" || d === shape[axis]);
  if (!fits) throw new RangeError(what + ": expected shape " + said(port.shape) + ", got " + said([].concat(shape)));
  return { port, data, shape };
}

/** The dims by name: as they are told, as shapes tell them, or as a length leaves only one way. */
function dimsOf(given, told) {
  const dims = new Map();
  const set = (name, size, from) => {
    if (!info.dims.includes(name)) {
      throw new RangeError("unknown dim " + quoted(name) + ": expected " + (info.dims.join(", ") || "none"));
    }
    if (!Number.isInteger(size) || size < 0 || size > 0x7fffffff) {
      throw new RangeError(from + ": expected a whole number from 0 for " + name + ", got " + size);
    }
    const known = dims.get(name);
    if (known !== undefined && known !== size) {
      throw new RangeError(from + ": " + name + " is " + size + ", but " + known + " elsewhere");
    }
    dims.set(name, size);
  };
  for (const [name, size] of Object.entries(told ?? {})) if (size !== undefined) set(name, size, "dims");
  for (const { port, shape } of given) {
    shape?.forEach((size, axis) => {
      const d = port.shape[axis];
      if (info.dims.includes(d)) set(d, size, "input " + quoted(port.name));
    });
  }
  for (let before = -1; before !== dims.size;) {
    before = dims.size;
    for (const { port, data, shape } of given) {
      const open = port.shape.filter((d) => typeof d === "string" && !dims.has(d));
      if (shape || open.length !== 1 || !info.dims.includes(open[0])) continue;
      const rest = port.shape.reduce((n, d) => n * (d === open[0] ? 1 : dims.get(d) ?? d), 1);
      const size = data.length / rest;
      if (!Number.isInteger(size)) {
        throw new RangeError(
          "input " + quoted(port.name) + ": " + data.length + " elements don't fill " + said(port.shape) +
            ": expected a multiple of " + rest,
        );
      }
      set(open[0], size, "input " + quoted(port.name));
    }
  }
  const missing = info.dims.filter((name) => !dims.has(name));
  if (missing.length > 0) {
    throw new RangeError("the data doesn't tell " + missing.join(", ") + ": give { data, shape }, or dims");
  }
  return info.dims.map((name) => dims.get(name));
}

/** A model in memory of its own. */
export class Model {
  #exports;
  #bound;
  constructor(instance) {
    this.#exports = instance.exports;
  }

  /** Runs once and returns every output by name. */
  run(inputs, options = {}) {
    const given = this.#read(inputs);
    this.#bind(dimsOf(given, options.dims));
    given.forEach((one) => this.#write(one));
    const e = this.#exports, fault = info.faults[e.run() - 1];
    if (fault) {
      throw new RangeError(
        fault.place + ": index " + e.fault_index() + " at position " + e.fault_position() +
          " is outside 0 to " + (typeof fault.rows === "number" ? fault.rows - 1 : fault.rows + " - 1"),
      );
    }
    return Object.fromEntries(info.outputs.map((port, i) => {
      const start = e.output(i) >>> 0, bytes = e.memory.buffer.slice(start, start + (e.output_bytes(i) >>> 0));
      const shape = port.shape.map((_, axis) => e.output_dim(i, axis));
      return [port.name, { data: new arrays[port.dtype](bytes), shape }];
    }));
  }

  /** Puts states back to what they were at first. */
  reset() {
    this.#exports.reset();
  }

  #read(inputs) {
    const names = info.inputs.map(({ name }) => name);
    if (inputs === null || typeof inputs !== "object" || ArrayBuffer.isView(inputs)) {
      throw new TypeError("expected an object with " + names.join(", ") + ", got " + typeof inputs);
    }
    const unknown = Object.keys(inputs).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new TypeError("unknown input " + quoted(unknown) + ": expected " + names.join(", "));
    }
    return info.inputs.map((port, index) => {
      const value = Object.hasOwn(inputs, port.name) ? inputs[port.name] : undefined;
      if (value !== undefined) return { index, ...read(port, value) };
      if (port.default) return { index, port, shape: port.default };
      throw new TypeError(
        "input " + quoted(port.name) + " is missing: expected " + port.dtype + " " + said(port.shape),
      );
    });
  }

  #bind(dims) {
    const key = dims.join();
    if (this.#bound === key) return;
    this.#bound = undefined;
    const code = this.#exports.bind(...dims), sizes = info.dims.map((name, i) => name + " " + dims[i]).join(", ");
    if (code === 1) throw new RangeError("the model can't take these sizes: " + sizes);
    if (code === 2) throw new RangeError("no memory for these sizes: " + sizes);
    if (code === 3) throw new RangeError("the states are of other sizes: reset() before " + sizes);
    this.#bound = key;
  }

  #write({ index, port, data, shape }) {
    const e = this.#exports, bytes = e.input_bytes(index) >>> 0, real = port.shape.map((_, axis) => e.input_dim(index, axis));
    const what = "input " + quoted(port.name);
    if (shape && shape.some((size, axis) => size !== real[axis])) {
      throw new RangeError(what + ": expected shape " + said(real) + ", got " + said(shape));
    }
    if (!data) return void e.use_default(index);
    if (data.byteLength !== bytes) {
      throw new RangeError(
        what + ": expected " + bytes / data.BYTES_PER_ELEMENT + " elements for " + said(real) + ", got " + data.length,
      );
    }
    new Uint8Array(e.memory.buffer, e.input(index) >>> 0, bytes).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
}

async function moduleFrom(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return await WebAssembly.compile(source);
  const url = new URL(source, import.meta.url);
  if (url.protocol === "file:") {
    // A computed name, so that bundlers for pages leave it alone.
    const { readFile } = await import(["node:fs", "promises"].join("/"));
    return await WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(url + ": " + response.status + " " + response.statusText);
  return await WebAssembly.compile(await response.arrayBuffer());
}

/** Loads the model from the module beside this script, or from a URL, bytes, or a compiled module. */
export async function load(source = new URL(MODULE, import.meta.url)) {
  const module = await moduleFrom(source);
  const [own] = WebAssembly.Module.customSections(module, "lapis");
  if (own === undefined || new TextDecoder().decode(own) !== text) {
    throw new TypeError("this is not the module that the script was made for");
  }
  return new Model(await WebAssembly.instantiate(module));
}
`;

/** The script's types, with the model's own names. */
export function typesFor(info: ModuleInfo): string {
  const field = (port: ModulePort, type: string, mark = "") =>
    `  /** ${plain(shapeOf(port))} */\n  ${JSON.stringify(port.name)}${mark}: ${type};`;
  const inputs = info.inputs.map((port) => {
    const array = arrayName(port);
    return field(port, `${array} | Shaped<${array}>`, port.default ? "?" : "");
  });
  return `/** ${plain(info.name)} as a WebAssembly module, made by \`lapis build\`. */

/** Elements in row-major order with their shape. */
export interface Shaped<Data> {
  readonly data: Data;
  readonly shape: readonly number[];
}
/** Sizes that vary. They are told where shapes or lengths don't tell them. */
export interface Dims {
${info.dims.map((name) => `  ${JSON.stringify(name)}?: number;`).join("\n")}
}
/** What a run takes: elements in row-major order. */
export interface Inputs {
${inputs.join("\n")}
}
/** What a run gives: copies. */
export interface Outputs {
${info.outputs.map((port) => field(port, `Shaped<${arrayName(port)}>`)).join("\n")}
}
/** An input or output; sizes that vary by name. */
export interface Port {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
  /** Shape of the value that stands where an input is left out. */
  readonly default?: readonly number[];
}
/** What the model takes and gives. */
export declare const info: {
  readonly abi: 1;
  readonly name: string;
  readonly dims: readonly string[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly states: readonly string[];
  readonly faults: readonly { readonly place: string; readonly rows: number | string }[];
  readonly labels?: readonly string[];
};
/** A model in memory of its own. */
export declare class Model {
  private constructor();
  /**
   * Runs once.
   * @throws {TypeError} for a name or array that isn't the model's; {RangeError} for sizes and indices that don't fit.
   */
  run(inputs: Inputs, options?: { readonly dims?: Dims }): Outputs;
  /** Puts states back to what they were at first. */
  reset(): void;
}
/**
 * Loads the model from the module beside the script, or from a URL (relative to the script), bytes, or a compiled module.
 * @throws {TypeError} when it is another module.
 */
export declare function load(source?: string | URL | ArrayBuffer | ArrayBufferView | WebAssembly.Module): Promise<Model>;
`;
}
