import assert from "node:assert/strict";
import { operators, runPlain } from "../../../tests/support/gradients.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { tensorType, typeText } from "../../values/shape.ts";
import { tensor } from "../../values/tensor.ts";

const rows = tensor([[1, 2], [3, 4], [5, 6]]);

Deno.test("a sequence is split, changed, read and joined again", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", ["rows", 2]));
  const parts = b.splitToSequence(x, { axis: 0 });
  assert.equal(typeText(parts.type), "sequence<float32[1, 2]>");
  const shorter = b.sequenceErase(parts, b.scalar(0, "int64"));
  const longer = b.sequenceInsert(shorter, b.constant(tensor([[9, 9]])), b.scalar(1, "int64"));
  b.output("n", b.sequenceLength(longer));
  b.output("last", b.sequenceAt(longer, b.scalar(-1, "int64")));
  b.output("all", b.concatFromSequence(longer, { axis: 0 }));
  const [n, last, all] = runPlain(b.build(), [rows]);
  assert.deepEqual(n, tensor(3n));
  assert.deepEqual(last, tensor([[5, 6]]));
  assert.deepEqual(all, tensor([[3, 4], [9, 9], [5, 6]]));
});
Deno.test("a position outside a sequence is refused with what is allowed", () => {
  const b = new GraphBuilder(operators), s = b.sequenceConstruct([b.constant(rows)]);
  b.output("y", b.sequenceAt(s, b.scalar(1, "int64")));
  assert.throws(() => runPlain(b.build(), []), {
    name: "InputError",
    message: /SequenceAt: position 1 is outside a sequence of 1: expected -1 to 0/,
  });
});
Deno.test("an optional says whether it holds something", () => {
  const b = new GraphBuilder(operators), empty = b.optional({ type: tensorType("float32", [2]) });
  const full = b.optional(b.constant(rows));
  assert.equal(typeText(empty.type), "optional<float32[2]>");
  b.output("a", b.optionalHasElement(empty));
  b.output("b", b.optionalHasElement(full));
  b.output("c", b.optionalGetElement(full));
  assert.deepEqual(runPlain(b.build(), []), [tensor(false), tensor(true), rows]);
});
