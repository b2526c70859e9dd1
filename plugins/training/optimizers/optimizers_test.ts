/** Optimizers and schedules against the same formulas on plain numbers; the reference files hold the others. @module */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { input, type Model, sequential, tensor } from "../../../mod.ts";
import { maxNorm, minMaxNorm, unitNorm } from "../../../public/constraints.ts";
import { dense } from "../../../public/layers.ts";
import { adadelta, adagrad, adam, adamW, lion, rmsprop, sgd } from "../../../public/optimizers.ts";
import type { ConstraintDef, OptimizerDef, Part, ScheduleDef } from "../../../public/plugins.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
} from "../../../public/schedules.ts";
import { toNumbers } from "../../../public/tensors.ts";

const near = (a: number, b: number, within = 2e-6) =>
  ok(Math.abs(a - b) <= within * Math.max(1, Math.abs(b)), `${a} is not ${b}`);
const path = "m/d/kernel";
function oneWeight(optimizer: Part<OptimizerDef>, w = 1): Model {
  const m = sequential([input({ shape: [1] }), dense({ units: 1, useBias: false, name: "d" })], {
    backend: "plain",
    name: "m",
  });
  m.setWeight(path, tensor([[w]]));
  m.compile({ optimizer, loss: "mse" });
  return m;
}
const data = [[0.5, 2], [-1, 0.5], [2, -1], [0.25, 1], [1, 1]] as const;
/** Weights after each step of one sample, in Lapis and by `update(w, g, step)`. */
async function compare(
  optimizer: Part<OptimizerDef>,
  update: (w: number, g: number, step: number) => number,
): Promise<void> {
  const m = oneWeight(optimizer);
  let w = 1;
  for (const [i, [x, y]] of data.entries()) {
    await m.trainOnBatch([[x]], [[y]]);
    w = update(w, 2 * x * (w * x - y), i + 1);
    near(toNumbers(m.weights.get(path) ?? tensor([]))[0] ?? NaN, w);
  }
}

Deno.test("RMSprop, centered, with momentum", async () => {
  let v = 0, a = 0, last = 0;
  await compare(rmsprop({ learningRate: 0.05, rho: 0.8, momentum: 0.5, centered: true }), (w, g) => {
    v = 0.8 * v + 0.2 * g * g;
    a = 0.8 * a + 0.2 * g;
    last = 0.5 * last + (0.05 * g) / Math.sqrt(v - a * a + 1e-7);
    return w - last;
  });
});
Deno.test("Adam with the largest mean square so far", async () => {
  let m = 0, v = 0, most = 0;
  await compare(adam({ learningRate: 0.1, amsgrad: true, beta2: 0.5 }), (w, g, t) => {
    m += (g - m) * 0.1;
    v += (g * g - v) * 0.5;
    most = Math.max(most, v);
    const alpha = (0.1 * Math.sqrt(1 - 0.5 ** t)) / (1 - 0.9 ** t);
    return w - (alpha * m) / (Math.sqrt(most) + 1e-7);
  });
});
Deno.test("Adagrad from a given sum", async () => {
  let s = 0.3;
  await compare(adagrad({ learningRate: 0.2, initialAccumulatorValue: 0.3 }), (w, g) => {
    s += g * g;
    return w - (0.2 * g) / Math.sqrt(s + 1e-7);
  });
});
Deno.test("Adadelta", async () => {
  let s = 0, d = 0;
  await compare(adadelta({ learningRate: 1, rho: 0.9 }), (w, g) => {
    s = 0.9 * s + 0.1 * g * g;
    const step = (Math.sqrt(d + 1e-7) * g) / Math.sqrt(s + 1e-7);
    d = 0.9 * d + 0.1 * step * step;
    return w - step;
  });
});
Deno.test("Lion", async () => {
  let m = 0;
  await compare(lion({ learningRate: 0.01 }), (w, g) => {
    const step = 0.01 * Math.sign(0.9 * m + 0.1 * g);
    m = 0.99 * m + 0.01 * g;
    return w - step;
  });
});
Deno.test("weight decay comes before the step, and spares what is excluded", async () => {
  await compare(sgd({ learningRate: 0.1, weightDecay: 0.5 }), (w, g) => w - w * 0.5 * 0.1 - 0.1 * g);
  await compare(
    sgd({ learningRate: 0.1, weightDecay: 0.5, excludeFromWeightDecay: ["kernel"] }),
    (w, g) => w - 0.1 * g,
  );
  equal(adamW().config.weightDecay, 0.004);
});
Deno.test("gradients are clipped by norm, by the norm of all, by value", async () => {
  const clipped = (most: number) => (w: number, g: number) => w - 0.1 * Math.min(Math.max(g, -most), most);
  await compare(sgd({ learningRate: 0.1, clipNorm: 0.7 }), clipped(0.7));
  await compare(sgd({ learningRate: 0.1, globalClipNorm: 0.4 }), clipped(0.4));
  await compare(sgd({ learningRate: 0.1, clipValue: 0.3 }), clipped(0.3));
});
Deno.test("gradients of two steps make one update", async () => {
  let sum = 0;
  await compare(sgd({ learningRate: 0.1, gradientAccumulationSteps: 2 }), (w, g, t) => {
    sum += g;
    if (t % 2 === 1) return w;
    const next = w - 0.1 * (sum / 2);
    sum = 0;
    return next;
  });
});
Deno.test("the moving average takes the weights' place, every so many steps or at the end of a fit", async () => {
  let average = 0;
  await compare(
    sgd({ learningRate: 0.1, useEma: true, emaMomentum: 0.6, emaOverwriteFrequency: 2 }),
    (w, g, t) => {
      const next = w - 0.1 * g;
      average = t === 1 ? next : 0.6 * average + 0.4 * next;
      return t % 2 === 0 ? average : next;
    },
  );
  const m = oneWeight(sgd({ learningRate: 0.1, useEma: true, emaMomentum: 0.6 }));
  let w = 1;
  data.forEach(([x, y], i) => {
    w -= 0.1 * 2 * x * (w * x - y);
    average = i === 0 ? w : 0.6 * average + 0.4 * w;
  });
  await m.fit(data.map(([x]) => [x]), data.map(([, y]) => [y]), { batchSize: 1, shuffle: false, verbose: 0 });
  near(toNumbers(m.weights.get(path) ?? tensor([]))[0] ?? NaN, average);
});

async function rates(schedule: Part<ScheduleDef>, steps: number): Promise<number[]> {
  const m = oneWeight(sgd({ learningRate: schedule })), out: number[] = [];
  for (let i = 0; i < steps; i++) {
    out.push(m.learningRate);
    await m.trainOnBatch([[0]], [[0]]);
  }
  return out;
}
const half = (x: number) => (1 + Math.cos(Math.PI * x)) / 2;
const schedules: readonly [string, Part<ScheduleDef>, (step: number) => number][] = [
  [
    "exponential in stairs",
    exponentialDecay({ initialLearningRate: 0.2, decaySteps: 2, decayRate: 0.5, staircase: true }),
    (s) => 0.2 * 0.5 ** Math.floor(s / 2),
  ],
  [
    "inverse time",
    inverseTimeDecay({ initialLearningRate: 0.2, decaySteps: 2, decayRate: 0.5 }),
    (s) => 0.2 / (1 + 0.25 * s),
  ],
  [
    "piecewise",
    piecewiseConstantDecay({ boundaries: [1, 3], values: [0.3, 0.2, 0.1] }),
    (s) => (s <= 1 ? 0.3 : s <= 3 ? 0.2 : 0.1),
  ],
  [
    "polynomial",
    polynomialDecay({ initialLearningRate: 0.2, decaySteps: 4, endLearningRate: 0.1, power: 2 }),
    (s) => 0.1 * (1 - Math.min(s, 4) / 4) ** 2 + 0.1,
  ],
  [
    "polynomial in laps",
    polynomialDecay({ initialLearningRate: 0.2, decaySteps: 2, endLearningRate: 0.1, cycle: true }),
    (s) => 0.1 * (1 - s / (2 * Math.max(1, Math.ceil(s / 2)))) + 0.1,
  ],
  [
    "cosine after a warm-up",
    cosineDecay({ initialLearningRate: 0.1, decaySteps: 4, alpha: 0.1, warmupTarget: 0.5, warmupSteps: 2 }),
    (s) => (s < 2 ? 0.1 + 0.2 * s : 0.5 * (0.9 * half((Math.min(s, 6) - 2) / 4) + 0.1)),
  ],
  [
    "cosine with restarts",
    cosineDecayRestarts({ initialLearningRate: 0.4, firstDecaySteps: 2, mMul: 0.5 }),
    (s) => (s < 2 ? 0.4 * half(s / 2) : s < 6 ? 0.2 * half((s - 2) / 4) : 0.1 * half((s - 6) / 8)),
  ],
  [
    "one cycle",
    oneCycle({ maxLearningRate: 1, totalSteps: 8, warmupShare: 0.5, divFactor: 4, finalDivFactor: 10 }),
    (s) => s < 3 ? 1 + (0.25 - 1) * half(s / 3) : 0.025 + (1 - 0.025) * half((Math.min(s, 7) - 3) / 4),
  ],
];
for (const [name, schedule, expected] of schedules) {
  Deno.test(`schedule: ${name}`, async () => {
    const found = await rates(schedule, 9);
    found.forEach((rate, step) => near(rate, expected(step), 3e-6));
  });
}

/** The weights [[3], [4]] after a step that changes nothing but the bound. */
async function bounded(bound: Part<ConstraintDef>): Promise<number[]> {
  const m = sequential([
    input({ shape: [2] }),
    dense({ units: 1, useBias: false, kernelConstraint: bound, name: "d" }),
  ], { backend: "plain", name: "m" });
  m.setWeight(path, tensor([[3], [4]]));
  m.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse" });
  await m.trainOnBatch([[1, 1]], [[0]]);
  return Array.from(toNumbers(m.weights.get(path) ?? tensor([])));
}
Deno.test("constraints put vectors back into their bounds", async () => {
  const close = (got: readonly number[], want: readonly number[]) =>
    got.forEach((v, i) => near(v, want[i] ?? NaN, 1e-6));
  close(await bounded(maxNorm({ maxValue: 2.5 })), [1.5, 2]);
  close(await bounded(maxNorm({ maxValue: 9 })), [3, 4]);
  close(await bounded(unitNorm()), [0.6, 0.8]);
  close(await bounded(minMaxNorm({ minValue: 6, maxValue: 10 })), [3.6, 4.8]);
});
Deno.test("parts are read by name, as objects and in Keras' form; a wrong option says its path", () => {
  const m = oneWeight(sgd());
  m.compile({ optimizer: "AdamW", loss: "mean_squared_error" });
  near(m.learningRate, 0.001);
  m.compile({
    optimizer: { class_name: "Adam", config: { name: "adam", learning_rate: 0.25, beta_1: 0.8 } },
    loss: "mse",
  });
  equal(m.learningRate, 0.25);
  m.compile({ optimizer: { class_name: "SGD", config: { lr: 0.5, decay: 1, momentum: 0 } }, loss: "mse" });
  equal(m.learningRate, 0.5);
  throws(() => m.compile({ optimizer: "adm", loss: "mse" }), /no optimizer named adm; did you mean adam/);
  throws(
    () => adam({ learningRat: 1 } as never),
    /adam: unknown option "learningRat"; did you mean learningRate/,
  );
  deepEqual(adam({ clipNorm: 1 }).config.clipNorm, 1);
});
