/** TypeProto and the dims in it, to and from our types. @module */
import { dtypes } from "../../core/values/dtype.ts";
import { FormatError, LimitError, UnsupportedError } from "../../core/values/errors.ts";
import {
  addDims,
  type Dim,
  divDims,
  freshDim,
  maxDims,
  minDims,
  mulDims,
  subDims,
  type Type,
} from "../../core/values/shape.ts";
import type { DimensionProto, TypeProto, ValueInfoProto } from "./messages.ts";
import { dtypeOf } from "./tensors.ts";

/** Longest expression that is read; a longer one is a symbol of its own. */
const maxTokens = 40;

/** Reads `4*((s53//4))`: sums, differences, products, `//`, `min`, `max`. */
class DimParser {
  #at = 0;
  readonly #tokens: readonly string[];
  readonly #known: ReadonlySet<string>;
  constructor(tokens: readonly string[], known: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#known = known;
  }
  #take(...words: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !words.includes(token)) return undefined;
    this.#at++;
    return token;
  }
  all(): Dim | undefined {
    const d = this.#sum();
    return this.#at === this.#tokens.length ? d : undefined;
  }
  #sum(): Dim | undefined {
    let left = this.#product();
    while (left !== undefined) {
      const op = this.#take("+", "-");
      if (op === undefined) return left;
      const right = this.#product();
      left = right === undefined ? undefined : op === "+" ? addDims(left, right) : subDims(left, right);
    }
    return undefined;
  }
  #product(): Dim | undefined {
    let left = this.#factor();
    while (left !== undefined) {
      const op = this.#take("*", "//");
      if (op === undefined) return left;
      const right = this.#factor();
      left = right === undefined ? undefined : op === "*" ? mulDims(left, right) : divided(left, right);
    }
    return undefined;
  }
  #factor(): Dim | undefined {
    if (this.#take("-")) {
      const d = this.#factor();
      return d === undefined ? undefined : mulDims(-1, d);
    }
    if (this.#take("(")) {
      const d = this.#sum();
      return this.#take(")") ? d : undefined;
    }
    const word = this.#tokens[this.#at++] ?? "";
    if (/^\d{1,15}$/.test(word)) return Number(word);
    if (/^(min|max)$/i.test(word) && this.#take("(")) {
      const a = this.#sum(), comma = this.#take(","), b = this.#sum();
      if (!comma || !this.#take(")") || a === undefined || b === undefined) return undefined;
      return word.toLowerCase() === "min" ? minDims(a, b) : maxDims(a, b);
    }
    return this.#known.has(word) ? word : undefined;
  }
}
const divided = (a: Dim, b: Dim) => (b === 0 ? undefined : divDims(a, b));

/** A dimension's text as a dim: a symbol, or an expression over symbols that inputs have. */
export function dimFromText(text: string, known: ReadonlySet<string>): Dim {
  if (text === "" || text.startsWith("?") || text.length > 500) return freshDim();
  const tokens = text.match(/\/\/|[-+*(),]|\w+(?:\.\w+)*|\S/g) ?? [];
  if (tokens.length <= 1 || tokens.length > maxTokens) return text;
  return new DimParser(tokens, known).all() ?? text;
}

/** Names that inputs use as a whole dimension; only they may stand in expressions. */
export function symbolsOf(inputs: readonly ValueInfoProto[]): ReadonlySet<string> {
  const dims = inputs.flatMap((i) => i.type?.tensorType?.shape?.dim ?? []);
  return new Set(dims.map((d) => d.dimParam ?? "").filter((text) => /^[A-Za-z_]\w*$/.test(text)));
}

/** A type out of its message. @throws {FormatError} @throws {UnsupportedError} for sparse and opaque types. */
export function typeFromProto(
  proto: TypeProto | undefined,
  where: string,
  known: ReadonlySet<string> = new Set(),
): Type {
  if (proto?.tensorType) {
    const dtype = dtypeOf(proto.tensorType.elemType, where), dims = proto.tensorType.shape;
    if (!dims) return { kind: "tensor", dtype };
    const shape = (dims.dim ?? []).map((d) => dimFromProto(d, where, known));
    if (shape.length > 64) throw new LimitError(`${where}: rank ${shape.length}; 64 is the limit`);
    return { kind: "tensor", dtype, shape };
  }
  const inner = proto?.sequenceType ?? proto?.optionalType;
  if (inner) {
    const kind = proto?.sequenceType ? "sequence" : "optional";
    return { kind, of: typeFromProto(inner.elemType, where, known) };
  }
  if (proto?.mapType) {
    const { keyType, valueType } = proto.mapType;
    return { kind: "map", key: dtypeOf(keyType, where), of: typeFromProto(valueType, where, known) };
  }
  const other = proto?.sparseTensorType ? "sparse tensors" : proto?.opaqueType ? "opaque types" : undefined;
  if (other) throw new UnsupportedError(`${where}: ${other} as values`);
  throw new FormatError(`${where} has no type`);
}
function dimFromProto(d: DimensionProto, where: string, known: ReadonlySet<string>): Dim {
  if (d.dimValue === undefined) return dimFromText(d.dimParam ?? "", known);
  // Some exporters write -1 for a dimension they leave open.
  if (d.dimValue === -1n) return freshDim();
  if (d.dimValue < 0n || d.dimValue > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatError(`${where}: ${d.dimValue} is no dimension`);
  }
  return Number(d.dimValue);
}

/** The message of a type; dims that only running tells are left open. */
export function typeToProto(type: Type): TypeProto {
  if (type.kind === "map") {
    return { mapType: { keyType: dtypes[type.key ?? "int64"].onnx, valueType: typeToProto(type.of) } };
  }
  if (type.kind !== "tensor") {
    const inner = { elemType: typeToProto(type.of) };
    return type.kind === "sequence" ? { sequenceType: inner } : { optionalType: inner };
  }
  const elemType = dtypes[type.dtype].onnx;
  return { tensorType: { elemType, ...(type.shape && { shape: { dim: type.shape.map(dimToProto) } }) } };
}
function dimToProto(d: Dim): DimensionProto {
  if (typeof d === "number") return { dimValue: BigInt(d) };
  const text = expression(d);
  return text === undefined ? {} : { dimParam: text };
}
/** A dim as text that {@link dimFromText} reads back; undefined for what only running tells. */
function expression(d: Dim): string | undefined {
  if (typeof d !== "object") return `${d}`;
  if ("unknown" in d) return undefined;
  const [a, b] = [d.a, d.b].map((part) => {
    const text = expression(part);
    return typeof part === "object" && text !== undefined ? `(${text})` : text;
  });
  if (a === undefined || b === undefined) return undefined;
  if (d.op === "min" || d.op === "max") return `${d.op}(${a}, ${b})`;
  return `${a} ${d.op === "add" ? "+" : d.op === "mul" ? "*" : "//"} ${b}`;
}
