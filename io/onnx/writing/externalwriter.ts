/** Weights in a file beside the model: where each lies, and the file's contents piece by piece. @module */
import type { Tensor } from "../../../core/values/tensor.ts";
import type { TensorProto } from "../messages.ts";
import { tensorToProto } from "../tensors.ts";

/** A file of weights. */
export interface ExternalData {
  /** Its name, in the model's folder. */
  readonly location: string;
  /** Its size in bytes. */
  readonly length: number;
  /** Its contents in order. */
  parts(): Iterable<Uint8Array>;
}

/** Smaller tensors stay in the model. */
const leastBytes = 1024;
/** Tensors begin at multiples of this, large ones at those of a page of memory, so that readers can map them. */
const alignment = (bytes: number): number => (bytes >= 1 << 20 ? 4096 : 64);

/** Hands out places in the file. */
export class ExternalWriter {
  readonly #location: string;
  readonly #placed: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #length = 0;
  constructor(location: string) {
    this.#location = location;
  }
  /** The message of a tensor that lies outside, where it is large enough. */
  tensor(value: Tensor, name: string): TensorProto {
    const { rawData, ...head } = tensorToProto(value, name);
    if (!rawData || rawData.length < leastBytes) return rawData ? { ...head, rawData } : head;
    const step = alignment(rawData.length), offset = Math.ceil(this.#length / step) * step;
    this.#placed.push({ offset, bytes: rawData });
    this.#length = offset + rawData.length;
    const entries = { location: this.#location, offset: `${offset}`, length: `${rawData.length}` };
    return {
      ...head,
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  }
  /** The file. */
  get data(): ExternalData {
    const placed = this.#placed, length = this.#length;
    return {
      location: this.#location,
      length,
      *parts() {
        let at = 0;
        for (const { offset, bytes } of placed) {
          if (offset > at) yield new Uint8Array(offset - at);
          yield bytes;
          at = offset + bytes.length;
        }
      },
    };
  }
}
