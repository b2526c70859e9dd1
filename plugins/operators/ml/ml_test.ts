import assert from "node:assert/strict";
import { tensor } from "../../../core/values/tensor.ts";
import { uniform } from "../../../core/ops/sample.ts";
import { judged, results } from "../../../tests/support/judge.ts";

const x = uniform([5, 3], -2, 2, 3);
const ml = (name: string) => `ai.onnx.ml.${name}`;
const posts = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"] as const;

Deno.test("linear classifiers score and label as onnxruntime does", async () => {
  const three = {
    coefficients: [1, -0.5, 0.25, -1, 0.5, 2, 0.3, 0.2, -0.7],
    intercepts: [0.1, -0.2, 0.3],
  };
  for (const post_transform of posts) {
    await judged(ml("LinearClassifier"), { ...three, classlabels_ints: [4, 7, 9], post_transform }, [x], {
      outputs: 2,
    });
  }
  await judged(ml("LinearClassifier"), { ...three, classlabels_strings: ["a", "b", "c"] }, [x], {
    outputs: 2,
  });
  const two = { coefficients: [1, -0.5, 0.25], intercepts: [0.1], classlabels_ints: [0, 1] };
  for (const post_transform of ["NONE", "LOGISTIC"]) {
    await judged(ml("LinearClassifier"), { ...two, post_transform }, [x], { outputs: 2 });
  }
});
Deno.test("linear regressors agree with onnxruntime", async () => {
  await judged(ml("LinearRegressor"), { coefficients: [1, -0.5, 0.25], intercepts: [0.1] }, [x]);
  await judged(
    ml("LinearRegressor"),
    { coefficients: [1, -0.5, 0.25, 2, 1, 0], intercepts: [0.1, 0.2], targets: 2 },
    [x],
  );
});

const kernels = ["LINEAR", "POLY", "RBF", "SIGMOID"] as const;
Deno.test("support vector machines agree with onnxruntime for every kernel", async () => {
  const support_vectors = [...uniform([4, 3], -1, 1, 5).data] as number[];
  for (const kernel_type of kernels) {
    const machine = { kernel_type, kernel_params: [0.5, 0.25, 2], support_vectors };
    await judged(
      ml("SVMRegressor"),
      { ...machine, coefficients: [0.5, -1, 0.25, 0.75], n_supports: 4, rho: [0.2] },
      [x],
    );
    const three = {
      ...machine,
      coefficients: [0.5, -1, 0.25, 0.75, -0.3, 0.6, 0.9, -0.2],
      rho: [0.1, -0.2, 0.3],
      vectors_per_class: [2, 1, 1],
      classlabels_ints: [0, 1, 2],
    };
    await judged(ml("SVMClassifier"), three, [x], { outputs: 2 });
    await judged(ml("SVMClassifier"), { ...three, prob_a: [-1, -1.5, -2], prob_b: [0.1, 0.2, 0] }, [x], {
      outputs: 2,
      rtol: 1e-4,
    });
  }
  const alone = { kernel_type: "LINEAR", kernel_params: [0, 0, 0], coefficients: [1, -1, 0.5], rho: [0.1] };
  await judged(ml("SVMRegressor"), { ...alone, one_class: 1 }, [x]);
});

/** Two trees of three features; the second is a stump. */
const nodes = {
  nodes_treeids: [0, 0, 0, 0, 0, 1, 1, 1],
  nodes_nodeids: [0, 1, 2, 3, 4, 0, 1, 2],
  nodes_featureids: [0, 1, 0, 0, 0, 2, 0, 0],
  nodes_values: [0.1, -0.3, 0, 0, 0, 0.4, 0, 0],
  nodes_modes: ["BRANCH_LEQ", "BRANCH_GT", "LEAF", "LEAF", "LEAF", "BRANCH_LT", "LEAF", "LEAF"],
  nodes_truenodeids: [1, 3, 0, 0, 0, 1, 0, 0],
  nodes_falsenodeids: [2, 4, 0, 0, 0, 2, 0, 0],
};
Deno.test("tree ensembles agree with onnxruntime", async () => {
  const leaves = { treeids: [0, 0, 0, 1, 1], nodeids: [2, 3, 4, 1, 2] };
  const votes = (ids: readonly number[], weights: readonly number[]) => ({
    class_treeids: leaves.treeids,
    class_nodeids: leaves.nodeids,
    class_ids: ids,
    class_weights: weights,
  });
  for (const post_transform of posts) {
    await judged(
      ml("TreeEnsembleClassifier"),
      {
        ...nodes,
        ...votes([0, 1, 2, 0, 1], [0.5, 0.25, 1, 0.75, 0.1]),
        classlabels_int64s: [3, 5, 8],
        post_transform,
      },
      [x],
      { outputs: 2 },
    );
  }
  for (
    const [weights, post_transform] of [[[0.2, 0.4, 0.6, 0.1, 0.3], "NONE"], [
      [-0.2, 0.4, 0.6, 0.1, -0.5],
      "LOGISTIC",
    ]] as const
  ) {
    await judged(
      ml("TreeEnsembleClassifier"),
      { ...nodes, ...votes([0, 0, 0, 0, 0], weights), classlabels_strings: ["no", "yes"], post_transform },
      [x],
      { outputs: 2 },
    );
  }
  for (const aggregate_function of ["SUM", "AVERAGE", "MIN", "MAX"]) {
    await judged(
      ml("TreeEnsembleRegressor"),
      {
        ...nodes,
        target_treeids: leaves.treeids,
        target_nodeids: leaves.nodeids,
        target_ids: [0, 0, 0, 0, 0],
        target_weights: [0.2, 0.4, -0.6, 0.1, 0.3],
        base_values: [0.5],
        n_targets: 1,
        aggregate_function,
      },
      [x],
    );
  }
});
Deno.test("a tree that leads back to where it came from is an error, not a hang", async () => {
  const loop = {
    nodes_treeids: [0, 0],
    nodes_nodeids: [0, 1],
    nodes_featureids: [0, 0],
    nodes_values: [0, 0],
    nodes_modes: ["BRANCH_LEQ", "BRANCH_LEQ"],
    nodes_truenodeids: [1, 0],
    nodes_falsenodeids: [1, 0],
  };
  await assert.rejects(results(ml("TreeEnsembleRegressor"), loop, [x]), { name: "InputError" });
});

Deno.test("features are made ready as onnxruntime makes them", async () => {
  await judged(ml("Scaler"), { offset: [0.5, 1, -1], scale: [2, 0.5, 3] }, [x]);
  await judged(ml("Scaler"), { offset: [0.5], scale: [2] }, [x]);
  const rows = tensor([[1, -3, 2], [-1, -2, -4], [0, 0, 0], [0, -1, -2], [NaN, 1, 2]]);
  for (const norm of ["MAX", "L1", "L2"]) {
    for (const x of [uniform([4, 3], 0, 2), rows]) await judged(ml("Normalizer"), { norm }, [x]);
  }
  await judged(ml("Binarizer"), { threshold: 0.5 }, [x]);
  await judged(ml("ArrayFeatureExtractor"), {}, [x, tensor([2, 0], [1, 2], "int64")]);
  await judged(ml("FeatureVectorizer"), { inputdimensions: [3, 2] }, [x, uniform([5, 2])]);
  const holes = tensor([1, NaN, 3, NaN, 5, 6], [2, 3]);
  await judged(ml("Imputer"), { imputed_value_floats: [7, 8, 9], replaced_value_float: NaN }, [holes]);
  await judged(
    ml("Imputer"),
    { imputed_value_int64s: [7], replaced_value_int64: 3 },
    [tensor([3, 4, 3, 5], [2, 2], "int64")],
  );
});

Deno.test("categories are encoded as onnxruntime encodes them", async () => {
  const words = tensor(["b", "x", "a"], [3], "string"), numbers = tensor([3, 9, 1], [3], "int64");
  await judged(ml("LabelEncoder"), { keys_strings: ["a", "b"], values_int64s: [10, 20] }, [words]);
  await judged(ml("LabelEncoder"), { keys_int64s: [1, 3], values_strings: ["one", "three"] }, [numbers]);
  await judged(ml("LabelEncoder"), { keys_floats: [1.5, NaN], values_floats: [0.5, 7], default_float: -1 }, [
    tensor([NaN, 1.5, 2]),
  ]);
  await judged(ml("CategoryMapper"), { cats_int64s: [1, 2], cats_strings: ["a", "b"] }, [words]);
  await judged(ml("CategoryMapper"), { cats_int64s: [1, 3], cats_strings: ["a", "b"] }, [numbers]);
  await judged(ml("OneHotEncoder"), { cats_strings: ["a", "b", "c"] }, [words]);
  await judged(ml("OneHotEncoder"), { cats_int64s: [1, 2, 3] }, [numbers]);
  await assert.rejects(results(ml("OneHotEncoder"), { cats_strings: ["a"], zeros: 0 }, [words]), {
    message: /b is none of the categories/,
  });
});

Deno.test("maps are made of columns, and made into tensors", async () => {
  const [maps] = await results(ml("ZipMap"), { classlabels_strings: ["a", "b"] }, [tensor([[1, 2], [3, 4]])]);
  const keys = tensor(["a", "b"], [2], "string");
  assert.deepEqual(maps, {
    kind: "sequence",
    items: [{ kind: "map", keys, values: tensor([1, 2]) }, { kind: "map", keys, values: tensor([3, 4]) }],
  });
  const map = { kind: "map", keys, values: tensor([1, 2]) } as const;
  assert.deepEqual(
    await results(ml("DictVectorizer"), { string_vocabulary: ["b", "c", "a"] }, [map]),
    [tensor([[2, 0, 1]])],
  );
  const counted = { kind: "map", keys: tensor([3, 1], [2], "int64"), values: tensor([1.5, 2]) } as const;
  assert.deepEqual(await results(ml("CastMap"), {}, [counted]), [tensor([[2, 1.5]])]);
  assert.deepEqual(
    await results(ml("CastMap"), { map_form: "SPARSE", max_map: 5, cast_to: "TO_INT64" }, [counted]),
    [tensor([[0, 2, 0, 1, 0]], [1, 5], "int64")],
  );
});
