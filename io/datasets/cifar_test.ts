import assert from "node:assert/strict";
import { gzipSync } from "fflate";
import { toNumbers } from "../../core/values/tensor.ts";
import { readCifar10 } from "./cifar.ts";

/** Records whose red, green and blue planes hold 1, 2 and 3, but for the second pixel of the first row. */
function records(...labels: number[]): Uint8Array {
  const out = new Uint8Array(labels.length * 3073);
  labels.forEach((label, n) => {
    out[n * 3073] = label;
    for (let c = 0; c < 3; c++) {
      const plane = n * 3073 + 1 + c * 1024;
      out.fill(c + 1, plane, plane + 1024);
      out[plane + 1] = 100 + c;
    }
  });
  return out;
}

Deno.test("planes become the channels of each pixel", () => {
  for (const bytes of [records(3, 9), gzipSync(records(3, 9))]) {
    const { images, labels } = readCifar10(bytes);
    assert.deepEqual(labels, { dtype: "int32", shape: [2], data: Int32Array.of(3, 9) });
    assert.deepEqual([images.dtype, images.shape], ["uint8", [2, 32, 32, 3]]);
    assert.deepEqual(Array.from(toNumbers(images)).slice(3072, 3081), [1, 2, 3, 100, 101, 102, 1, 2, 3]);
  }
});

Deno.test("part of a record or a label above 9 is refused", () => {
  assert.throws(() => readCifar10(records(1).subarray(1)), {
    name: "FormatError",
    message: /found 3072 bytes/,
  });
  assert.throws(() => readCifar10(new Uint8Array(0)), { name: "FormatError", message: /truncated/ });
  assert.throws(() => readCifar10(records(1, 10)), { name: "FormatError", message: /record 1 has label 10/ });
});
