/** Calls in the forms of Keras 1, 2 and 3. @module */
import { deepEqual, throws } from "node:assert/strict";
import { callsOf, endsOf, refsIn, type TensorRef } from "./nodes.ts";

const ref = (layer: string, node = 0, tensor = 0): TensorRef => ({ kind: "ref", layer, node, tensor });
const keras3 = (layer: string, node = 0, tensor = 0) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 2], dtype: "float32", keras_history: [layer, node, tensor] },
});

Deno.test("Keras 1 and 2: a list of references, keyword arguments after the first", () => {
  deepEqual(callsOf([[["a", 0, 0]]], "x"), [{ args: [ref("a")], kwargs: {} }]);
  deepEqual(callsOf([[["a", 0, 0, { training: false }], ["b", 1, 2, {}]]], "x"), [
    { args: [[ref("a"), ref("b", 1, 2)]], kwargs: { training: false } },
  ]);
  deepEqual(callsOf([["a", 0, 0, { initial_state: [["s", 0, 1], ["s", 0, 2]] }]], "x"), [
    { args: [ref("a")], kwargs: { initial_state: [ref("s", 0, 1), ref("s", 0, 2)] } },
  ]);
});

Deno.test("Keras 3: trees of arguments with tensors in them", () => {
  const node = {
    args: [keras3("a"), 0],
    kwargs: { mask: keras3("m"), initial_state: [keras3("s", 0, 1)], training: null },
  };
  deepEqual(callsOf([node], "x"), [{
    args: [ref("a"), 0],
    kwargs: { mask: ref("m"), initial_state: [ref("s", 0, 1)], training: null },
  }]);
  deepEqual(refsIn([ref("a"), { k: [ref("b")] }, 3]), [ref("a"), ref("b")]);
});

Deno.test("input_layers and output_layers: one flat triple, a list of them, or a record", () => {
  deepEqual(endsOf(["a", 0, 0], "x").map((e) => e.ref), [ref("a")]);
  deepEqual(endsOf([["a", 0, 0], ["b", 1, 0]], "x").map((e) => e.ref), [ref("a"), ref("b", 1)]);
  deepEqual(endsOf([[["a", 0, 0]]], "x").map((e) => e.ref), [ref("a")]);
  deepEqual(endsOf({ p: ["a", 0, 0], q: ["b", 0, 0] }, "x").map((e) => e.key), ["p", "q"]);
});

Deno.test("what isn't a call is an error that names the layer", () => {
  throws(() => callsOf("a", 'layer "d"'), /layer "d": inbound_nodes is no list/);
  throws(() => callsOf([[["a", -1, 0]]], 'layer "d"'), /layer "d": expected \[layer, node, tensor\]/);
  throws(
    () => callsOf([{ args: [{ class_name: "__keras_tensor__", config: {} }] }], 'layer "d"'),
    /keras_history/,
  );
  throws(() => endsOf(3, "output_layers"), /output_layers: expected/);
});
