/** Sequences and optionals. @module */
import { isTensor, type RuntimeValue } from "../../../core/values/tensor.ts";
import type { Draft, Drafted } from "../draft.ts";
import { axisOf, type Makers, mate, some } from "./kit.ts";

const isSequence = (v: RuntimeValue | undefined) => v !== undefined && !isTensor(v) && v.kind === "sequence";
const sequence = (d: Draft): Drafted | undefined =>
  d.visible().filter((v) => v.samples.every(isSequence)).at(-1);
const lengthOf = (v: Drafted) =>
  Math.min(...v.samples.map((s) => (!isTensor(s) && s.kind === "sequence" ? s.items.length : 0)));
const position = (d: Draft, length: number) =>
  d.ints([d.dice.between(-length, length - 1)], d.dice.pick(["int64", "int32"]), []);
const make = (d: Draft) => {
  const x = some(d, { dtypes: ["float32", "float32", "int64"], ranks: [0, 3] });
  return {
    op: "SequenceConstruct",
    inputs: [x.name, ...Array.from({ length: d.dice.below(3) }, () => mate(d, x).name)],
  };
};

/** Their makers. */
export const sequences: Makers = {
  SequenceConstruct: make,
  SplitToSequence: (d) => {
    const x = some(d, { ranks: [1, 3], dtypes: ["float32", "int64"] }), axis = axisOf(d, x.rank);
    const size = d.dice.chance(0.4) ? [d.ints([d.dice.between(1, 3)], "int64", [])] : [];
    return {
      op: "SplitToSequence",
      inputs: [x.name, ...size],
      attributes: { axis, ...(size.length === 0 && d.dice.chance(0.5) && { keepdims: 0 }) },
    };
  },
  SequenceAt: (d) => {
    const s = sequence(d);
    if (!s || lengthOf(s) === 0) return make(d);
    return { op: "SequenceAt", inputs: [s.name, position(d, lengthOf(s))] };
  },
  SequenceLength: (d) => {
    const s = sequence(d);
    return s ? { op: "SequenceLength", inputs: [s.name] } : make(d);
  },
  SequenceErase: (d) => {
    const s = sequence(d);
    if (!s || lengthOf(s) < 2) return make(d);
    return {
      op: "SequenceErase",
      inputs: [s.name, ...(d.dice.chance(0.6) ? [position(d, lengthOf(s))] : [])],
    };
  },
  SequenceInsert: (d) => {
    const s = sequence(d), first = s?.samples[0];
    const item = first && !isTensor(first) && first.kind === "sequence" ? first.items[0] : undefined;
    if (!s || !item || !isTensor(item)) return make(d);
    const x = some(d, { dtypes: [item.dtype], ranks: [0, 3] });
    return {
      op: "SequenceInsert",
      inputs: [s.name, x.name, ...(d.dice.chance(0.5) ? [position(d, lengthOf(s))] : [])],
    };
  },
  ConcatFromSequence: (d) => {
    const s = sequence(d), first = s?.samples[0];
    const item = first && !isTensor(first) && first.kind === "sequence" ? first.items[0] : undefined;
    if (!s || !item || !isTensor(item)) return make(d);
    const stack = d.dice.chance(0.3) || item.shape.length === 0;
    return {
      op: "ConcatFromSequence",
      inputs: [s.name],
      attributes: { axis: axisOf(d, item.shape.length), ...(stack && { new_axis: 1 }) },
    };
  },
};
