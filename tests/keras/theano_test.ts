/** Files of Keras on Theano: where its windows lie elsewhere, the layers are named. */
import { equal, match } from "node:assert/strict";
import { loadModel } from "../../mod.ts";

for (const [file, layer] of [["average_same", "average_pooling2d"], ["max_same", "max_pooling2d"]]) {
  Deno.test(`${file}.h5: a pool that Theano places elsewhere is named, with weights in the model or without`, async () => {
    const warnings: string[] = [];
    using _ = await loadModel(new URL(`../fixtures/theano/${file}.h5`, import.meta.url), {
      warn: (text) => void warnings.push(text),
    });
    equal(warnings.length, 1);
    match(warnings[0] ?? "", new RegExp(`${layer}_\\d+: the file was written by Keras on Theano`));
  });
}
