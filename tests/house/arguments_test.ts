/** A wrong kind of thing in a function's first place is an error that says what was expected. @module */
import { rejects } from "node:assert/strict";
import * as lapis from "../../mod.ts";

const { dense, input, LapisError, layers, losses, metrics, optimizers, sequential } = lapis;
const model = sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain" });
const nothing = null as never;

Deno.test("nothing in a first place is refused in words, by factories, readers, models and files", async () => {
  const calls: Record<string, () => unknown> = {
    readNpy: () => lapis.data.readNpy(nothing),
    readNpz: () => lapis.data.readNpz(nothing),
    readSafetensors: () => lapis.data.readSafetensors(nothing),
    readIdx: () => lapis.data.readIdx(nothing),
    readImage: () => lapis.data.readImage(nothing),
    readCifar10: () => lapis.data.readCifar10(nothing),
    sequential: () => sequential(nothing),
    "sequential of nothing": () => sequential([nothing]),
    apply: () => lapis.apply(nothing, input({ shape: [1] })),
    save: () => model.save(nothing),
    toBytes: () => model.toBytes(nothing),
  };
  for (const group of [layers, losses, metrics, optimizers] as Readonly<Record<string, unknown>>[]) {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === "function" && value.length === 0 && /^[a-z]/.test(name)) {
        calls[name] = () => (value as (given: never) => unknown)(nothing);
      }
    }
  }
  for (const [name, call] of Object.entries(calls)) {
    await rejects(
      async () => await call(),
      (error) => error instanceof LapisError && /expected/.test(error.message),
      name,
    );
  }
});
