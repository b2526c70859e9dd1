/** Datasets: element type, shape and data as a tensor. @module */
import type { DType } from "../../core/values/dtype.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import { readChunks } from "./storage/chunks.ts";
import { Budget, type Source } from "./cursor.ts";
import { type Dataspace, readDataspace } from "./dataspace.ts";
import { type Datatype, readDatatype } from "./datatype.ts";
import { type Pipeline, readPipeline } from "./storage/filters.ts";
import type { GlobalHeap } from "./storage/globalheap.ts";
import { readLayout } from "./layout.ts";
import { findMessage, messageType, type ObjectHeader } from "./objects.ts";
import { numbersOf, stringsOf } from "./values.ts";

/** Reads one dataset's header fields on demand, and its data. */
export class DatasetReader {
  readonly #source: Source;
  readonly #heap: GlobalHeap;
  readonly #header: ObjectHeader;
  readonly #path: string;
  #type: Datatype | undefined;
  #space: Dataspace | undefined;
  constructor(source: Source, heap: GlobalHeap, header: ObjectHeader, path: string) {
    this.#source = source;
    this.#heap = heap;
    this.#header = header;
    this.#path = path;
  }

  #find(type: number, what: string) {
    return findMessage(this.#source, this.#header, type, `${what} of dataset ${this.#path}`);
  }
  #required(type: number, what: string) {
    const found = this.#find(type, what);
    if (!found) throw this.#source.corrupt(`dataset ${this.#path} has no ${what}`, this.#path);
    return found;
  }
  get type(): Datatype {
    return this.#type ??= readDatatype(this.#required(messageType.datatype, "datatype"));
  }
  get space(): Dataspace {
    return this.#space ??= readDataspace(this.#required(messageType.dataspace, "dataspace"));
  }
  get dtype(): DType {
    return this.type.dtype;
  }
  /** A null dataspace counts as no elements. */
  get shape(): readonly number[] {
    return this.space.shape ?? [0];
  }

  /** The data; a view of the file where it lies there in one piece, aligned and little-endian. */
  read(): Tensor {
    const { type, shape, space: { count } } = this;
    const size = count * type.size, source = this.#source;
    if (size > source.limits.tensorBytes || !Number.isSafeInteger(size)) {
      throw source.tooLarge(
        `dataset ${this.#path}: ${size} bytes declared, shape [${shape}], too large: limit ${source.limits.tensorBytes}`,
        this.#path,
      );
    }
    if (this.#find(messageType.externalFiles, "external files")) {
      throw source.unsupported(`dataset ${this.#path} with data in external files`, this.#path);
    }
    const bytes = this.#bytes(size);
    const data = type.dtype === "string"
      ? stringsOf(source, this.#heap, bytes, type, count, this.#path, new Budget(source, "strings"))
      : numbersOf(bytes, type, count);
    return { dtype: type.dtype, shape: [...shape], data };
  }

  #bytes(size: number): Uint8Array {
    const { type, shape } = this, source = this.#source;
    const message = this.#required(messageType.layout, "data layout");
    const layout = readLayout(message, this.space.shape?.length ?? 0, type.size);
    const filters = this.#find(messageType.filters, "filter pipeline");
    const pipeline: Pipeline = filters
      ? readPipeline(filters, type.size)
      : { ids: [], settings: new Map(), elementSize: type.size };
    if (layout.kind === "chunked") {
      const out = this.#filled(size);
      const { space } = this;
      readChunks({ source, path: this.#path, space, shape, layout, pipeline, elementSize: type.size }, out);
      return out;
    }
    if (pipeline.ids.length) {
      throw source.corrupt(`dataset ${this.#path} has filters but no chunks`, this.#path);
    }
    const found = layout.kind === "compact" ? layout.bytes.length : layout.size;
    if (layout.kind === "contiguous" && layout.address === undefined) return this.#filled(size);
    if (found < size) {
      throw source.corrupt(
        `dataset ${this.#path}: shape [${shape}] takes ${size} bytes, ${found} stored: truncated or corrupt`,
        this.#path,
      );
    }
    if (layout.kind === "compact" || size === 0) {
      return layout.kind === "compact" ? layout.bytes : new Uint8Array(0);
    }
    const c = source.cursor(`data of dataset ${this.#path}`, layout.address, size);
    return c.take(size);
  }

  /** Memory for data that isn't, or isn't all, in the file; bounded by what a file of this size could hold. */
  #filled(size: number): Uint8Array {
    const source = this.#source;
    const most = Math.max(2 ** 20, source.size * source.limits.inflateRatio);
    if (size > most) {
      throw source.tooLarge(
        `dataset ${this.#path}: ${size} bytes declared in a file of ${source.size} bytes: too large`,
        this.#path,
      );
    }
    const out = new Uint8Array(size);
    const value = this.#fillValue();
    if (value && value.some((b) => b !== 0)) {
      for (let at = 0; at < size; at += value.length) out.set(value, at);
    }
    return out;
  }

  /** The bytes of one element of fill, or undefined where the file defines none. */
  #fillValue(): Uint8Array | undefined {
    const size = this.type.size;
    if (this.type.text === "variable") return undefined;
    const c = this.#find(messageType.fill, "fill value");
    if (!c) return undefined;
    const version = c.version(1, 2, 3);
    let defined: boolean;
    if (version === 3) defined = (c.u8() & 0x20) !== 0;
    else {
      c.skip(2);
      defined = c.u8() !== 0 || version === 1;
    }
    const bytes = defined ? c.u32() : 0;
    if (bytes === 0) return undefined;
    if (bytes !== size) throw c.corrupt(`a fill value of ${bytes} bytes for elements of ${size}`);
    return c.take(bytes);
  }
}
