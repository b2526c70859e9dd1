/** Layers that convolve, pool, pad, resize and rearrange: both channel orders, open sizes, hand-computed figures. @module */
import { deepEqual, rejects, throws } from "node:assert/strict";
import type { Layer } from "../../core/network/layer.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import * as layer from "./mod.ts";
import { close, rounded, run, runOne, some } from "./support_test.ts";

/** `[batch, height, width, channels] → [batch, channels, height, width]`, of any number of sizes. */
function channelsFirst(t: Tensor): Tensor {
  const [batch = 1, ...rest] = t.shape, channels = rest.pop() ?? 1, area = rest.reduce((n, d) => n * d, 1);
  const data = new Float32Array(t.data.length);
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < area; p++) {
      for (let c = 0; c < channels; c++) {
        data[(n * channels + c) * area + p] = Number(t.data[(n * area + p) * channels + c]);
      }
    }
  }
  return tensor(data, [batch, channels, ...rest]);
}
type Format = "channels_last" | "channels_first";
const both: Record<string, readonly [readonly number[], (dataFormat: Format) => Layer]> = {
  "Conv1D same, strided": [
    [2, 7, 3],
    (dataFormat) => layer.conv1d({ filters: 2, kernelSize: 3, strides: 2, padding: "same", dataFormat }),
  ],
  "Conv2D grouped": [
    [1, 5, 6, 4],
    (dataFormat) => layer.conv2d({ filters: 4, kernelSize: [2, 3], groups: 2, dataFormat }),
  ],
  "Conv3D dilated": [
    [1, 5, 5, 5, 2],
    (dataFormat) => layer.conv3d({ filters: 2, kernelSize: 2, dilationRate: 2, dataFormat }),
  ],
  "DepthwiseConv2D": [
    [1, 5, 5, 3],
    (dataFormat) => layer.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same", dataFormat }),
  ],
  "SeparableConv1D": [
    [1, 8, 3],
    (dataFormat) => layer.separableConv1d({ filters: 4, kernelSize: 3, dataFormat }),
  ],
  "Conv2DTranspose": [
    [1, 3, 4, 2],
    (dataFormat) =>
      layer.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same", dataFormat }),
  ],
  "MaxPooling2D": [[1, 5, 5, 2], (dataFormat) => layer.maxPooling2d({ padding: "same", dataFormat })],
  "AveragePooling1D": [[1, 5, 2], (dataFormat) => layer.averagePooling1d({ padding: "same", dataFormat })],
  "ZeroPadding2D": [[1, 2, 3, 2], (dataFormat) => layer.zeroPadding2d({ padding: 1, dataFormat })],
  "Cropping2D": [[1, 4, 5, 2], (dataFormat) => layer.cropping2d({ cropping: 1, dataFormat })],
  "UpSampling2D": [
    [1, 2, 3, 2],
    (dataFormat) => layer.upSampling2d({ interpolation: "bilinear", dataFormat }),
  ],
};
for (const [name, [shape, make]] of Object.entries(both)) {
  Deno.test(`${name}: channels_first is channels_last turned`, async () => {
    const x = some(shape);
    close(
      await runOne(make("channels_first"), channelsFirst(x)),
      channelsFirst(await runOne(make("channels_last"), x)),
    );
  });
  Deno.test(`${name}: sizes may be left open`, async () => {
    const x = some(shape), open = shape.slice(1, -1).map((_, i) => i + 1), made = make("channels_last");
    close(await runOne(made, x, { open }), await runOne(made, x));
  });
}

Deno.test("a causal convolution sees no later step", async () => {
  const ones = { "conv1d/kernel": tensor([[[1]], [[1]], [[1]]]) };
  const made = layer.conv1d({ filters: 1, kernelSize: 3, padding: "causal", useBias: false });
  deepEqual(rounded(await runOne(made, tensor([[[1], [2], [3], [4]]]), { weights: ones })), [1, 3, 6, 9]);
});
Deno.test("outputPadding lengthens a transposed convolution", async () => {
  const size = async (padding: "same" | "valid", outputPadding?: number) =>
    (await runOne(
      layer.conv1dTranspose({ filters: 1, kernelSize: 3, strides: 2, padding, outputPadding }),
      some([1, 4, 1]),
    )).shape[1];
  // Keras: same 4·2, valid 4·2 + (3 − 2); with outputPadding (4 − 1)·2 + 3 − 2·pad + outputPadding.
  deepEqual([await size("same"), await size("valid"), await size("same", 1), await size("valid", 1)], [
    8,
    9,
    8,
    10,
  ]);
});
Deno.test("pooled axes stay as 1 where asked", async () => {
  const x = some([2, 3, 4]);
  deepEqual((await runOne(layer.globalMaxPooling1d({ keepdims: true }), x)).shape, [2, 1, 4]);
  deepEqual((await runOne(layer.globalAveragePooling1d({ dataFormat: "channels_first" }), x)).shape, [2, 3]);
});
Deno.test("average pooling doesn't count padding", async () => {
  const made = layer.averagePooling1d({ poolSize: 2, padding: "same" });
  deepEqual(rounded(await runOne(made, tensor([[[1], [3], [5]]]))), [2, 5]);
});
Deno.test("Flatten turns channels_first data, and takes open sizes", async () => {
  const x = tensor([[[1, 2], [3, 4]]]);
  deepEqual(rounded(await runOne(layer.flatten(), x)), [1, 2, 3, 4]);
  deepEqual(rounded(await runOne(layer.flatten({ dataFormat: "channels_first" }), x)), [1, 3, 2, 4]);
  deepEqual((await runOne(layer.flatten(), some([2, 3, 4]), { open: [1] })).shape, [2, 12]);
  deepEqual((await runOne(layer.flatten(), some([3]))).shape, [3, 1]);
});
Deno.test("Reshape, Permute and RepeatVector", async () => {
  deepEqual((await runOne(layer.reshape({ targetShape: [-1, 2] }), some([2, 3, 4]))).shape, [2, 6, 2]);
  deepEqual(rounded(await runOne(layer.permute({ dims: [2, 1] }), tensor([[[1, 2], [3, 4]]]))), [1, 3, 2, 4]);
  deepEqual(rounded(await runOne(layer.repeatVector({ n: 2 }), tensor([[1, 2]]))), [1, 2, 1, 2]);
  throws(() => layer.permute({ dims: [1, 1] }), /permute\.dims: expected each axis from 1 once/);
  throws(() => layer.reshape({ targetShape: [-1, -1] }), /at most one -1/);
});
Deno.test("padding and cropping take a number, pairs, or sides", async () => {
  const sizes = async (made: Layer) => (await runOne(made, some([1, 6, 7, 1]))).shape.slice(1, 3);
  deepEqual(await sizes(layer.zeroPadding2d({ padding: [1, 2] })), [8, 11]);
  deepEqual(await sizes(layer.zeroPadding2d({ padding: [[1, 0], [2, 3]] })), [7, 12]);
  deepEqual(await sizes(layer.cropping2d({ cropping: [[1, 2], [0, 3]] })), [3, 4]);
});
Deno.test("TimeDistributed applies its layer to every step, over open time too", async () => {
  const x = some([2, 3, 4]), made = layer.timeDistributed(layer.dense({ units: 2 }));
  close(await runOne(made, x, { open: [1] }), await runOne(made, x));
  const images = some([2, 3, 4, 4, 1]), pooled = layer.timeDistributed(layer.globalAveragePooling2d());
  const [y] = await run(pooled, images);
  deepEqual(y?.shape, [2, 3, 1]);
});
Deno.test("errors name the layer, what was expected and what came", async () => {
  throws(
    () => layer.conv2d({ filters: 2, kernelSize: 3, strides: 2, dilationRate: 2 }),
    /expected strides or dilationRate of 1/,
  );
  throws(() => layer.conv2d({ filters: 0, kernelSize: 3 }), /conv2d\.filters: expected integer >= 1, got 0/);
  await rejects(
    () => runOne(layer.conv2d({ filters: 3, kernelSize: 1, groups: 2 }), some([1, 2, 2, 4])),
    /2 groups don't divide/,
  );
  await rejects(
    () => runOne(layer.maxPooling2d(), some([1, 2, 2])),
    /expected 4 axes \[batch, height, width, channels\]/,
  );
});
