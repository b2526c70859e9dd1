/** Normalisation over the last axis. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { defineKernel, storeLanes } from "../common.ts";
import { storeWidth } from "./reduce.ts";
import { across } from "./softmax.ts";

/** Specialisation of a layer normalisation. */
export interface LayerNormSpec {
  readonly epsilon: number;
  readonly scale?: boolean;
  readonly bias?: boolean;
  /** Divides by the root of the mean square, with no mean taken off. */
  readonly rms?: boolean;
  /** Stores mean and 1/deviation of each row too. */
  readonly statistics?: boolean;
}

/** Arguments: `outer n X xOuter [scale] [bias] Y yOuter [mean inverse]`; mean and inverse are [outer] float32. */
export function layerNorm(spec: LayerNormSpec): Kernel {
  const { epsilon, scale = false, bias = false, rms = false, statistics = false } = spec;
  const names = [
    ...["outer", "n", "X", "xOuter"],
    ...(scale ? ["scale"] : []),
    ...(bias ? ["bias"] : []),
    ...["Y", "yOuter"],
    ...(statistics ? ["mean", "inverse"] : []),
  ];
  const key = `layer-norm ${epsilon}${scale ? " s" : ""}${bias ? " b" : ""}${rms ? " rms" : ""}${
    statistics ? " st" : ""
  }`;
  return defineKernel<string>(key, names, (f, arg, m) => {
    const at = (name: string) => arg[name] ?? 0;
    const row = m.kernel(normRow(spec, key));
    const inner = names.filter((name) => !["outer", "xOuter", "yOuter"].includes(name));
    f.times(at("outer"), () => {
      f.get(...inner.map(at)).call(row);
      f.incBy(at("X"), at("xOuter")).incBy(at("Y"), at("yOuter"));
      if (statistics) f.inc(at("mean"), 4).inc(at("inverse"), 4);
    });
  });
}

/** Mean first, then the mean of squared distances from it: no cancellation. */
function normRow(spec: LayerNormSpec, key: string): Kernel {
  const names = [
    ...["n", "X"],
    ...(spec.scale ? ["scale"] : []),
    ...(spec.bias ? ["bias"] : []),
    "Y",
    ...(spec.statistics ? ["mean", "inverse"] : []),
  ];
  return defineKernel<string>(`${key} row`, names, (f, arg) => {
    const at = (name: string) => arg[name] ?? 0;
    const offset = f.local("i32"), left = f.local("i32");
    const [mean, square, value, count] = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];
    f.get(at("n")).op("f32.convert_i32_s", "f32x4.splat").set(count);
    const each = (body: () => void) => {
      f.i32(0).set(offset).get(at("n")).set(left);
      f.loop((again) => {
        body();
        f.inc(offset, 16).inc(left, -4).get(left).i32(0).op("i32.gt_s").brIf(again);
      });
    };
    const load = (name: string) => f.get(at(name), offset).op("i32.add").mem("v128.load");
    const inside = () => f.get(left).op("i32x4.splat").lanesInt([0, 1, 2, 3]).op("i32x4.gt_s", "v128.and");
    if (!spec.rms) {
      each(() => {
        load("X");
        inside();
        f.get(mean).op("f32x4.add").set(mean);
      });
      across(f, mean, "f32x4.add");
      f.get(mean, count).op("f32x4.div").set(mean);
    }
    each(() => {
      load("X").get(mean).op("f32x4.sub");
      inside();
      f.set(value).get(value, value).madd(square).set(square);
    });
    across(f, square, "f32x4.add");
    f.splat(1).get(square, count).op("f32x4.div").splat(spec.epsilon).op(
      "f32x4.add",
      "f32x4.sqrt",
      "f32x4.div",
    ).set(square);
    each(() => {
      load("X").get(mean).op("f32x4.sub").get(square).op("f32x4.mul");
      if (spec.scale) load("scale").op("f32x4.mul");
      if (spec.bias) load("bias").op("f32x4.add");
      f.set(value);
      storeAt(f, at("Y"), offset, value, left);
    });
    if (spec.statistics) {
      storeLanes(f, at("mean"), mean, 1);
      storeLanes(f, at("inverse"), square, 1);
    }
  });
}

function storeAt(f: FunctionBuilder, base: number, offset: number, vector: number, width: number): void {
  const pointer = f.local("i32");
  f.get(base, offset).op("i32.add").set(pointer);
  storeWidth(f, pointer, vector, width);
}
