import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { input, loadModel, type Model, sequential, tensor } from "../../mod.ts";
import { augmentImages, type AugmentOptions } from "../../public/data.ts";
import { dense, flatten } from "../../public/layers.ts";

/** An image [3, 3, 1] of 1 to 9, as often as asked for. */
const images = (rows: number) =>
  tensor(Float32Array.from({ length: rows * 9 }, (_, i) => (i % 9) + 1), [rows, 3, 3, 1]);
/** What images become, each as text. */
function variants(options: Partial<AugmentOptions>, rows = 64): Map<string, number> {
  const { data } = augmentImages(options)(images(rows), { seed: 5, epoch: 0, batch: 0 });
  const found = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const text = Array.from(data as Float32Array).slice(row * 9, row * 9 + 9).join(" ");
    found.set(text, (found.get(text) ?? 0) + 1);
  }
  return found;
}

Deno.test("flips mirror about half of the images, exactly", () => {
  const across = variants({ horizontalFlip: true });
  deepStrictEqual([...across.keys()].sort(), ["1 2 3 4 5 6 7 8 9", "3 2 1 6 5 4 9 8 7"]);
  // 64 fair coins: outside 16 to 48 with a probability of 4e-5.
  ok([...across.values()].every((n) => n >= 16 && n <= 48));
  deepStrictEqual([...variants({ verticalFlip: true }).keys()].sort(), [
    "1 2 3 4 5 6 7 8 9",
    "7 8 9 4 5 6 1 2 3",
  ]);
  strictEqual(variants({ horizontalFlip: true, verticalFlip: true }).size, 4);
});

Deno.test("whole shifts move pixels exactly; what stands beyond the edge is as fillMode says", () => {
  const shifted = (fillMode: AugmentOptions["fillMode"]) =>
    [...variants({ widthShiftRange: 1, fillMode, cval: -1 }).keys()].sort();
  deepStrictEqual(shifted("constant"), ["-1 1 2 -1 4 5 -1 7 8", "1 2 3 4 5 6 7 8 9", "2 3 -1 5 6 -1 8 9 -1"]);
  deepStrictEqual(shifted("nearest"), ["1 1 2 4 4 5 7 7 8", "1 2 3 4 5 6 7 8 9", "2 3 3 5 6 6 8 9 9"]);
  deepStrictEqual(shifted("wrap"), ["1 2 3 4 5 6 7 8 9", "2 3 1 5 6 4 8 9 7", "3 1 2 6 4 5 9 7 8"]);
  strictEqual(variants({ widthShiftRange: 1, heightShiftRange: 1 }, 256).size, 9);
  const up = [...variants({ heightShiftRange: 1, fillMode: "reflect" }).keys()].sort();
  deepStrictEqual(up, ["1 2 3 1 2 3 4 5 6", "1 2 3 4 5 6 7 8 9", "4 5 6 7 8 9 7 8 9"]);
});

Deno.test("a shift by a share, a rotation and a crop keep an even image and the mean of a ramp's middle", () => {
  const even = tensor(new Float32Array(5 * 8 * 8 * 2).fill(3), [5, 8, 8, 2]),
    place = { seed: 1, epoch: 2, batch: 3 };
  for (const options of [{ rotationRange: 30 }, { crop: 0.5 }, { widthShiftRange: 0.3 }]) {
    const { data } = augmentImages(options)(even, place);
    // Weights of four neighbours sum to 1 within an ulp each.
    ok(Array.from(data as Float32Array).every((v) => Math.abs(v - 3) < 1e-6), JSON.stringify(options));
  }
  // A window of half the width shows a ramp at half its slope.
  const ramp = tensor(Float32Array.from({ length: 64 }, (_, i) => i % 8), [1, 8, 8]);
  const cut = augmentImages({ crop: 0.5 })(ramp, place).data as Float32Array;
  const steps = [...cut.slice(0, 7)].map((v, i) => Number(cut[i + 1]) - v);
  const slope = Number(steps[0]);
  ok(slope >= 0.5 && slope < 1 && steps.every((s) => Math.abs(s - slope) < 1e-5), `${steps}`);
  // A quarter turn of a ramp to the right is a ramp up or down: every value of the middle row is the middle's.
  const turned = augmentImages({ rotationRange: 180 })(
    tensor(Float32Array.from({ length: 9 }, (_, i) => i % 3), [1, 3, 3]),
    place,
  );
  ok(Math.abs(Number(turned.data[4]) - 1) < 1e-6);
});

Deno.test("what an image becomes depends on seed, epoch and place alone", () => {
  const change = augmentImages({ horizontalFlip: true, widthShiftRange: 1, rotationRange: 10 }),
    x = images(8);
  const at = (seed: number, epoch: number, batch: number) =>
    Array.from(change(x, { seed, epoch, batch }).data as Float32Array);
  deepStrictEqual(at(1, 2, 3), at(1, 2, 3));
  for (const other of [at(2, 2, 3), at(1, 3, 3), at(1, 2, 4)]) notDeepStrictEqual(at(1, 2, 3), other);
});

Deno.test("wrong options and what isn't images are refused by name", () => {
  throws(
    () => augmentImages({ horizontalFlop: true } as never),
    /horizontalFlop.*did you mean horizontalFlip/,
  );
  throws(
    () => augmentImages({ widthShiftRange: 1.5 }),
    /augment\.widthShiftRange: expected whole pixels, or a share below 1, got 1\.5/,
  );
  const change = augmentImages({ horizontalFlip: true });
  throws(() => change(tensor([[1, 2]]), { seed: 0, epoch: 0, batch: 0 }), /expected images .*got \[1, 2\]/);
});

const made = () => {
  const m = sequential([input({ shape: [3, 3, 1] }), flatten(), dense({ units: 1 })], { seed: 3 });
  m.compile({ optimizer: "adam", loss: "meanSquaredError" });
  return m;
};
const targets = tensor(Float32Array.from({ length: 10 }, (_, i) => i / 10), [10, 1]);
const weightsOf = (m: Model) => [...m.weights.values()].map((t) => Array.from(t.data as Float32Array));

Deno.test("a fit that is resumed sees the same images: weights are the same bit for bit", async () => {
  const augment = augmentImages({ horizontalFlip: true, heightShiftRange: 1, rotationRange: 20 }),
    x = images(10);
  const options = { batchSize: 4, seed: 7, verbose: 0 as const, augment };
  const whole = made();
  await whole.fit(x, targets, { ...options, epochs: 4 });
  const first = made();
  await first.fit(x, targets, { ...options, epochs: 2 });
  const second = await loadModel(await first.toBytes(".keras"));
  await second.fit(x, targets, { ...options, epochs: 4, resumeFrom: second.trainingState() });
  deepStrictEqual(weightsOf(second), weightsOf(whole));
  const plain = made();
  await plain.fit(x, targets, { ...options, augment: {}, epochs: 4 });
  notDeepStrictEqual(weightsOf(plain), weightsOf(whole));
});

Deno.test("fit refuses an augmentation of an input that isn't there, or one that changes the shape", async () => {
  const m = made(),
    run = (augment: Parameters<Model["fit"]>[2]) => m.fit(images(2), tensor([[1], [2]]), augment);
  await run({ verbose: 0, augment: { [m.inputs[0]?.name ?? ""]: (x) => x } });
  await run({ verbose: 0, augment: { picture: (x) => x } }).then(
    () => ok(false),
    (e) => ok(/no input is named "picture"/.test(e.message), e.message),
  );
  await run({ verbose: 0, augment: () => tensor([[1]]) }).then(
    () => ok(false),
    (e) => ok(/to keep their shape, got \[1, 1\]/.test(e.message), e.message),
  );
});
