import { uniform } from "../../../core/ops/sample.ts";
import { castTensor, scalar, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { narrowWeights } from "../../../tests/support/saturation.ts";
import { judged as judgedBy, type Judging } from "../../../tests/support/judge.ts";
import { plain } from "../../backends/plain/mod.ts";
import { wasm } from "../../backends/wasm/mod.ts";

const engines = [plain, wasm];
type Options = Parameters<typeof judgedBy>[1];
/** Both engines against onnxruntime, with sizes that are known and with open ones. */
async function judged(
  op: string,
  attributes: Options,
  inputs: readonly (Tensor | undefined)[],
  judging: Judging = {},
): Promise<void> {
  for (const open of [false, true]) {
    await judgedBy(`com.microsoft.${op}`, attributes, inputs, {
      engines,
      open,
      rtol: 1e-4,
      atol: 2e-5,
      ...judging,
    });
  }
}
const f = (shape: readonly number[], seed = 1, from = -1, to = 1) => uniform(shape, from, to, seed);
const i32 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int32");
const i64 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int64");

Deno.test("activations agree with onnxruntime", async () => {
  const x = f([2, 3, 8], 1, -4, 4), bias = f([8], 2);
  await judged("Gelu", {}, [x]);
  await judged("BiasGelu", {}, [x, bias]);
  await judged("FastGelu", {}, [x]);
  await judged("FastGelu", {}, [x, bias]);
  for (const alpha of [undefined, 1, 0.5]) await judged("QuickGelu", { alpha }, [x]);
});

Deno.test("normalizations agree with onnxruntime", async () => {
  const x = f([2, 3, 8], 1), skip = f([2, 3, 8], 2), gamma = f([8], 3), beta = f([8], 4), bias = f([8], 5);
  for (const epsilon of [undefined, 1e-3]) {
    for (const given of [[beta, bias], [undefined, bias], [beta], []]) {
      await judged("SkipLayerNormalization", { epsilon }, [x, skip, gamma, ...given], {
        outputs: 4,
        only: [0, 3],
      });
    }
    for (const given of [[bias], []]) {
      await judged("SkipSimplifiedLayerNormalization", { epsilon }, [x, skip, gamma, ...given], {
        outputs: 4,
        only: [0, 3],
      });
    }
  }
  await judged("SkipLayerNormalization", {}, [x, f([3, 8], 2), gamma], { outputs: 1 });
  await judged("SkipLayerNormalization", {}, [x, f([1, 3, 8], 2), gamma], { outputs: 1 });
});

Deno.test("embeddings of BERT agree with onnxruntime", async () => {
  const ids = i32([1, 4, 2, 0, 3, 3], [2, 3]), segments = i32([0, 0, 1, 1, 0, 1], [2, 3]);
  const [words, places, kinds] = [f([5, 8], 1), f([4, 8], 2), f([2, 8], 3)],
    gamma = f([8], 4),
    beta = f([8], 5);
  const mask = i32([1, 1, 0, 1, 0, 0], [2, 3]);
  const all = [ids, segments, words, places, kinds, gamma, beta];
  await judged("EmbedLayerNormalization", {}, all, { outputs: 2 });
  await judged("EmbedLayerNormalization", { epsilon: 1e-2 }, [...all, mask], { outputs: 3 });
  await judged("EmbedLayerNormalization", {}, [...all, mask, i32([2, 1, 0, 3, 3, 1], [2, 3])], {
    outputs: 3,
  });
  await judged("EmbedLayerNormalization", {}, [...all, undefined, i32([2, 1, 0], [1, 3])], { outputs: 2 });
  await judged("EmbedLayerNormalization", {}, [ids, undefined, words, places, undefined, gamma, beta], {
    outputs: 2,
  });
});

Deno.test("fused products agree with onnxruntime", async () => {
  for (const transA of [0, 1]) {
    for (const transB of [0, 1]) {
      const a = f(transA ? [4, 3] : [3, 4], 1), b = f(transB ? [5, 4] : [4, 5], 2);
      await judged("FusedMatMul", { alpha: 0.5, transA, transB }, [a, b]);
      await judged("TransposeMatMul", { alpha: 2, transA, transB }, [a, b]);
      for (const activation of ["Relu", "Sigmoid", "Tanh", "Softplus", "Softsign"]) {
        await judged("FusedGemm", { alpha: 0.5, beta: 2, transA, transB, activation }, [a, b, f([5], 3)]);
      }
      for (const activation of ["LeakyRelu", "Elu", "ThresholdedRelu", "HardSigmoid"]) {
        const numbers = {
          activation_alpha: 0.3,
          ...(activation === "HardSigmoid" && { activation_beta: 0.4 }),
        };
        await judged("FusedGemm", { transA, transB, activation, ...numbers }, [a, b]);
      }
      for (const transBatchA of [0, 1]) {
        for (const transBatchB of [0, 1]) {
          const left = transBatchA
            ? (transA ? [4, 2, 6, 3] : [3, 2, 6, 4])
            : (transA ? [2, 6, 4, 3] : [2, 6, 3, 4]);
          const right = transBatchB
            ? (transB ? [5, 2, 6, 4] : [4, 2, 6, 5])
            : (transB ? [2, 6, 5, 4] : [2, 6, 4, 5]);
          await judged("FusedMatMul", { transA, transB, transBatchA, transBatchB }, [
            f(left, 1),
            f(right, 2),
          ]);
        }
      }
    }
  }
  await judged("FusedMatMul", { transA: 1 }, [f([4], 1), f([4, 3], 2)]);
});

Deno.test("fused convolutions agree with onnxruntime", async () => {
  const x = f([2, 4, 6, 5], 1), w = f([6, 2, 3, 3], 2), bias = f([6], 3), skip = f([2, 6, 6, 5], 4);
  const conv = { group: 2, pads: [1, 1, 1, 1] };
  const cases: [string, number[] | undefined][] = [
    ["Relu", undefined],
    ["Tanh", undefined],
    ["Sigmoid", undefined],
    ["LeakyRelu", [0.2]],
    ["Clip", [-0.5, 0.4]],
    ["HardSigmoid", [0.3, 0.4]],
  ];
  for (const [activation, activation_params] of cases) {
    for (const given of [[], [bias]]) {
      await judged("FusedConv", { ...conv, activation, activation_params }, [x, w, ...given]);
    }
  }
  await judged("FusedConv", { ...conv, activation: "Relu" }, [x, w, bias, skip]);
  await judged("FusedConv", { ...conv }, [x, w, undefined, skip]);
  await judged("FusedConv", { strides: [2, 2], activation: "Relu" }, [x, f([3, 4, 3, 3], 5), f([3], 6)]);
});

Deno.test("rotary positions agree with onnxruntime", async () => {
  const cos = f([10, 2], 5), sin = f([10, 2], 6), places = i64([3, 1, 0, 2, 9, 4], [2, 3]);
  for (const interleaved of [0, 1]) {
    for (const at of [places, i64([4])]) {
      await judged("RotaryEmbedding", { interleaved }, [f([2, 3, 8], 1), at, cos, sin]);
      await judged("RotaryEmbedding", { interleaved }, [f([2, 2, 3, 4], 2), at, cos, sin]);
      const part = { interleaved, num_heads: 2, rotary_embedding_dim: 4 };
      await judged("RotaryEmbedding", part, [f([2, 3, 12], 3), at, cos, sin]);
      await judged("RotaryEmbedding", part, [f([2, 2, 3, 6], 4), at, cos, sin]);
    }
  }
});

const masks = (batch: number, queries: number, keys: number): readonly (Tensor | undefined)[] => {
  const bits = (n: number) => Array.from({ length: n }, (_, i) => (i * 7 % 5 === 2 ? 0 : 1));
  return [
    undefined,
    i32(Array.from({ length: batch }, (_, i) => keys - i)),
    i32([
      ...Array.from({ length: batch }, (_, i) => keys - i),
      ...Array.from({ length: batch }, (_, i) => i),
    ]),
    i32(bits(batch * keys), [batch, keys]),
    i32(bits(batch * queries * keys), [batch, queries, keys]),
  ];
};
Deno.test("Attention agrees with onnxruntime: every mask, caches, biases, directions", async () => {
  const x = f([2, 3, 6], 1), w = f([6, 24], 2), bias = f([24], 3);
  for (const unidirectional of [0, 1]) {
    for (const steps of [0, 2]) {
      const past = steps ? f([2, 2, 2, steps, 4], 4) : undefined, keys = 3 + steps;
      for (const mask of masks(2, 3, keys)) {
        for (const added of [undefined, ...(steps ? [] : [f([2, 2, 3, keys], 5), f([1, 1, 3, keys], 6)])]) {
          const given = [x, w, bias, mask, past, added];
          await judged("Attention", { num_heads: 2, unidirectional }, given, { outputs: 2 });
        }
      }
    }
  }
  await judged("Attention", { num_heads: 2, scale: 0.3 }, [x, w, bias]);
  await judged("Attention", { num_heads: 2, mask_filter_value: -3 }, [
    x,
    w,
    bias,
    i32([1, 0, 1, 0, 1, 1], [2, 3]),
  ]);
  await judged("Attention", { num_heads: 2, qkv_hidden_sizes: [4, 4, 8] }, [x, f([6, 16], 2), f([16], 3)]);
});

Deno.test("MultiHeadAttention agrees with onnxruntime: masks, caches, biases, heads that are given", async () => {
  const q = f([2, 3, 8], 1), k = f([2, 3, 8], 2), v = f([2, 3, 8], 3), bias = f([24], 4);
  for (const unidirectional of [0, 1]) {
    for (const steps of [0, 2]) {
      const past = steps ? [f([2, 2, steps, 4], 5), f([2, 2, steps, 4], 6)] : [], keys = 3 + steps;
      for (const mask of masks(2, 3, keys).filter((m) => m?.shape.join() !== "4")) {
        for (const added of [undefined, f([2, 2, 3, keys], 7), f([1, 2, 3, keys], 8)]) {
          for (const b of [undefined, bias]) {
            const given = [q, k, v, b, mask, added, ...past];
            await judged("MultiHeadAttention", { num_heads: 2, unidirectional }, given, {
              outputs: steps ? 3 : 1,
            });
          }
        }
      }
    }
  }
  const wide = [f([2, 5, 8], 2), f([2, 5, 12], 3)];
  await judged("MultiHeadAttention", { num_heads: 2, scale: 0.2 }, [q, ...wide], { outputs: 1 });
  await judged("MultiHeadAttention", { num_heads: 2 }, [q, ...wide, f([28], 4)], { outputs: 1 });
  await judged("MultiHeadAttention", { num_heads: 2 }, [
    q,
    ...wide,
    undefined,
    i32([1, 0, 1, 1, 0, 1, 1, 1, 1, 0], [2, 5]),
  ], { outputs: 4 });
  await judged("MultiHeadAttention", { num_heads: 2 }, [q, f([2, 2, 5, 4], 2), f([2, 2, 5, 4], 3)], {
    outputs: 1,
  });
  await judged("MultiHeadAttention", { num_heads: 2 }, [q, k, v], { outputs: 3 });
  await judged("MultiHeadAttention", { num_heads: 2, unidirectional: 1 }, [q, k, v], { outputs: 4 });
});

Deno.test("GroupQueryAttention agrees with onnxruntime", async () => {
  const cos = f([16, 8], 8), sin = f([16, 8], 9);
  const options = [
    {},
    { do_rotary: 1 },
    { do_rotary: 1, rotary_interleaved: 1 },
    { local_window_size: 2 },
    { softcap: 0.7 },
    { smooth_softmax: 1 },
    { scale: 0.4 },
  ];
  for (const option of options) {
    for (const packed of [false, true]) {
      // A first prompt, and steps behind a cache.
      for (const [steps, past] of [[3, 0], [1, 4], [3, 4]] as const) {
        const batch = steps > 1 && past > 0 ? 1 : 2;
        const attributes = { num_heads: 4, kv_num_heads: 2, ...option };
        const qkv = packed
          ? [f([batch, steps, 128], 1), undefined, undefined]
          : [f([batch, steps, 64], 1), f([batch, steps, 32], 2), f([batch, steps, 32], 3)];
        const caches = [0, 1].map((i) => f([batch, 2, past, 16], 4 + i));
        const lengths = i32(new Array<number>(batch).fill(steps + past - 1)),
          total = scalar(steps + past, "int32");
        const given = [...qkv, ...caches, lengths, total, ...("do_rotary" in option ? [cos, sin] : [])];
        await judged("GroupQueryAttention", attributes, given, { outputs: 3, constants: [6] });
        await judged("GroupQueryAttention", attributes, given, { outputs: 3 });
      }
    }
  }
});
Deno.test("GroupQueryAttention keeps to each row's own length, biases and places", async () => {
  const attributes = { num_heads: 4, kv_num_heads: 2, do_rotary: 1 };
  const cos = f([16, 8], 8), sin = f([16, 8], 9), caches = [0, 1].map((i) => f([2, 2, 6, 16], 4 + i));
  const qkv = [f([2, 1, 64], 1), f([2, 1, 32], 2), f([2, 1, 32], 3)];
  const uneven = [...qkv, ...caches, i32([3, 5]), scalar(6, "int32"), cos, sin];
  await judged("GroupQueryAttention", attributes, uneven, { outputs: 3 });
  await judged("GroupQueryAttention", attributes, [...uneven, i64([7, 2], [2, 1])], { outputs: 3 });
  const prompt = [
    f([2, 3, 64], 1),
    f([2, 3, 32], 2),
    f([2, 3, 32], 3),
    undefined,
    undefined,
    i32([2, 2]),
    scalar(3, "int32"),
  ];
  await judged("GroupQueryAttention", { num_heads: 4, kv_num_heads: 2 }, prompt, { outputs: 3 });
  const bias = [...prompt, undefined, undefined, undefined, f([2, 4, 3, 3], 7)];
  await judged("GroupQueryAttention", { num_heads: 4, kv_num_heads: 2 }, bias, { outputs: 3 });
  const sink = [...prompt, undefined, undefined, undefined, undefined, f([4], 7)];
  await judged("GroupQueryAttention", { num_heads: 4, kv_num_heads: 2 }, sink, { outputs: 3 });
  for (
    const more of [{ qk_output: 1, softcap: 1.5 }, { qk_output: 1, local_window_size: 1 }, { qk_output: 2 }]
  ) {
    await judged("GroupQueryAttention", { num_heads: 4, kv_num_heads: 2, ...more }, prompt, { outputs: 4 });
  }
  const padded = [...prompt.slice(0, 5), i32([1, 2]), scalar(3, "int32")];
  for (const local_window_size of [-1, 2]) {
    await judged("GroupQueryAttention", { num_heads: 4, kv_num_heads: 2, local_window_size }, padded, {
      outputs: 3,
    });
  }
});

Deno.test("attention with a quantized projection agrees with onnxruntime", async () => {
  const x = castTensor(f([2, 3, 4], 1, 0, 255), "uint8"), w = narrowWeights([4, 12], 2);
  const scale = (v: number) => scalar(v, "float32"), past = f([2, 2, 2, 2, 2], 5);
  const given = [x, w, f([12], 3), scale(0.01), scale(0.02)];
  const zeros = [scalar(120, "uint8"), scalar(3, "int8")];
  for (const unidirectional of [0, 1]) {
    const attributes = { num_heads: 2, unidirectional };
    await judged("QAttention", attributes, [...given, undefined, ...zeros], {
      constants: [1, 2, 3, 4, 6, 7],
    });
    const lengths = i32([2, 3]);
    await judged("QAttention", attributes, [...given, lengths, ...zeros], { constants: [1, 2, 3, 4, 6, 7] });
    await judged("QAttention", attributes, [...given, undefined, ...zeros, past], {
      constants: [1, 2, 3, 4, 6, 7],
      outputs: 2,
    });
  }
});
