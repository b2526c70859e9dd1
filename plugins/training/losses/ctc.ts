/** Connectionist temporal classification: how likely a sequence of labels is, whenever each of them sounds. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, scalarLike, shapeOf, sizeAt, transpose } from "../../../core/ops/words.ts";
import { type Dim, type TensorType, tensorType, typeText } from "../../../core/values/shape.ts";
import type { LossConfig, LossDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "./crossentropy.ts";
import { reductionField } from "./losses.ts";

/** ln of what Keras on TensorFlow takes for the probability 0 of an end elsewhere: impossible labels stay finite. */
const elsewhere = Math.log(1e-307);
/** Less than any sum of logarithms, and no infinity, whose differences are no numbers. */
const never = -1e30;

const add = (b: Builder, x: Value, y: Value) => b.add(x, y);
/** Every column but the last. */
const butLast = (b: Builder, x: Value) => b.slice(x, b.ints([0]), b.ints([-1]), b.ints([1]));
/** ln(eˣ + eʸ), exact in value and gradient however far apart they are. */
function logAdd(b: Builder, x: Value, y: Value): Value {
  const larger = b.greaterOrEqual(x, y);
  const high = b.where(larger, x, y), low = b.where(larger, y, x);
  return add(b, high, b.softplus(b.sub(low, high)));
}
/** True at column `at`, floats `[batch]`, of each row of `like`. */
function isAt(b: Builder, at: Value, like: Value): Value {
  const ones = b.expand(scalarLike(b, 1, like), b.shape(like));
  const place = b.cumSum(ones, b.scalar(1, "int64"), { exclusive: 1 });
  return b.equal(place, b.unsqueeze(at, b.ints([1])));
}

const ctcDef: LossDef<LossConfig> = {
  kind: "loss",
  name: "ctc",
  className: "CTC",
  aliases: ["ctcLoss"],
  config: { reduction: reductionField() },
  target(output) {
    const [batch = "batch"] = dimsOfScores(output);
    return tensorType("int32", [batch, "labels"]);
  },
  classes: (output) => sizeAt(output, -1),
  build({ b, target, output }) {
    dimsOfScores(output.type);
    const scores = dtypeOf(output) === "float16" ? cast(b, output, "float32") : output;
    const classes = sizeAt(scores.type, -1), frames = b.logSoftmax(scores, { axis: -1 });
    const picks = transpose(b, oneHot(b, target, classes, frames), [0, 2, 1]);
    const ofLabels = b.matMul(frames, picks),
      ofBlank = b.slice(frames, b.ints([0]), b.ints([1]), b.ints([2]));
    const like = (x: Value, n: number) => b.expand(scalarLike(b, n, frames), b.shape(x));
    const numbers = cast(b, target, dtypeOf(frames));
    const column = b.reduceMax(numbers, b.ints([1]), { keepdims: 1 }), wall = like(column, never);
    // A label follows the one before it at once, unless it is the same.
    const before = butLast(b, b.concat([like(column, 0), numbers], { axis: 1 }));
    const same = b.equal(numbers, before);
    const skip = b.where(same, scalarLike(b, never, frames), scalarLike(b, 0, frames));
    const labels = like(numbers, never), blanks = b.concat([like(column, 0), labels], { axis: 1 });
    const { state: [lastBlanks, lastLabels] } = b.scan(
      [blanks, labels],
      [ofBlank, ofLabels],
      { axis: 1 },
      ([atBlank, atLabel], [blank, label], inner) => {
        if (!atBlank || !atLabel || !blank || !label) return { state: [], outputs: [] };
        const after = inner.concat([wall, atLabel], { axis: 1 });
        const here = logAdd(inner, atLabel, butLast(inner, atBlank));
        const over = add(inner, butLast(inner, after), skip);
        return {
          state: [
            add(inner, logAdd(inner, atBlank, after), blank),
            add(inner, logAdd(inner, here, over), label),
          ],
          outputs: [],
        };
      },
    );
    if (!lastBlanks || !lastLabels) throw new ShapeError("ctc: the scan gave no states");
    const sounds = b.not(b.equal(numbers, scalarLike(b, 0, numbers)));
    const count = b.reduceSum(cast(b, sounds, dtypeOf(frames)), b.ints([1]), { keepdims: 0 });
    const ends = (x: Value, at: Value) =>
      add(b, x, b.where(isAt(b, at, x), scalarLike(b, 0, x), scalarLike(b, elsewhere, x)));
    const last = b.sub(count, scalarLike(b, 1, count));
    const all = b.concat([ends(lastBlanks, count), ends(lastLabels, last)], { axis: 1 });
    return { values: b.neg(b.reduceLogSumExp(all, b.ints([1]), { keepdims: 0 })) };
  },
};
/**
 * −ln of the probability that the frames' labels, repetitions and blanks (class 0) left out, are the target: the sum
 * over all ways to place it (Graves et al. 2006). Scores before softmax are `[batch, time, classes]`, targets
 * `[batch, labels]`, 0 behind the last label.
 */
export const ctc: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(ctcDef);
/** @throws {ShapeError} for outputs that aren't scores by frame. */
function dimsOfScores(output: TensorType | Value["type"]): readonly Dim[] {
  const dims = shapeOf(output);
  if (dims.length === 3) return dims;
  throw new ShapeError(`ctc: expected scores [batch, time, classes], got ${typeText(output)}`);
}
