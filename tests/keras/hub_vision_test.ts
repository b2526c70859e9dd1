/** KerasHub's models of images, sound and both: they give what Keras gives, and are written as the classes they were. @module */
import { deepEqual, ok } from "node:assert/strict";
import { loadModel } from "../../mod.ts";
import { configOfKeras, differenceOf, hubModels } from "../support/hubmodels.ts";

const { files, at, values } = hubModels("keras-hub-vision");
const quiet = { warn: () => {} };

for (const file of files) {
  Deno.test(`${file} gives what Keras gives, and again when it was written`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".keras" });
    try {
      for (const backend of ["plain", "wasm"]) {
        using model = await loadModel(at(file), { backend, ...quiet });
        const difference = await differenceOf(model, values(file));
        ok(difference < 3e-6, `${backend}: ${difference}`);
        if (backend === "wasm") await model.save(path);
      }
      using again = await loadModel(path, quiet);
      ok(await differenceOf(again, values(file)) < 3e-6);
      const [was, is] = [await configOfKeras(at(file)), await configOfKeras(path)];
      deepEqual(
        [is.class_name, is.registered_name, is.module],
        [was.class_name, was.registered_name, was.module],
      );
    } finally {
      await Deno.remove(path);
    }
  });
}
