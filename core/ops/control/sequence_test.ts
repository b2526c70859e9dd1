import assert from "node:assert/strict";
import { operators, runPlain } from "../../../tests/support/gradients.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { tensorType, typeText } from "../../values/shape.ts";
import { tensor } from "../../values/tensor.ts";

const rows = tensor([[1, 2], [3, 4], [5, 6]]);

Deno.test("a sequence is split, changed, read and joined again", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", ["rows", 2]));
  const parts = b.one("SplitToSequence", [x], { axis: 0 });
  assert.equal(typeText(parts.type), "sequence<float32[1, 2]>");
  const shorter = b.one("SequenceErase", [parts, b.scalar(0, "int64")]);
  const longer = b.one("SequenceInsert", [shorter, b.constant(tensor([[9, 9]])), b.scalar(1, "int64")]);
  b.output("n", b.one("SequenceLength", [longer]));
  b.output("last", b.one("SequenceAt", [longer, b.scalar(-1, "int64")]));
  b.output("all", b.one("ConcatFromSequence", [longer], { axis: 0 }));
  const [n, last, all] = runPlain(b.build(), [rows]);
  assert.deepEqual(n, tensor(3n));
  assert.deepEqual(last, tensor([[5, 6]]));
  assert.deepEqual(all, tensor([[3, 4], [9, 9], [5, 6]]));
});
Deno.test("a position outside a sequence is refused with what is allowed", () => {
  const b = new GraphBuilder(operators), s = b.one("SequenceConstruct", [b.constant(rows)]);
  b.output("y", b.one("SequenceAt", [s, b.scalar(1, "int64")]));
  assert.throws(() => runPlain(b.build(), []), {
    name: "InputError",
    message: /SequenceAt: position 1 is outside a sequence of 1: expected -1 to 0/,
  });
});
Deno.test("an optional says whether it holds something", () => {
  const b = new GraphBuilder(operators), empty = b.one("Optional", [], { type: tensorType("float32", [2]) });
  const full = b.one("Optional", [b.constant(rows)]);
  assert.equal(typeText(empty.type), "optional<float32[2]>");
  b.output("a", b.one("OptionalHasElement", [empty]));
  b.output("b", b.one("OptionalHasElement", [full]));
  b.output("c", b.one("OptionalGetElement", [full]));
  assert.deepEqual(runPlain(b.build(), []), [tensor(false), tensor(true), rows]);
});
