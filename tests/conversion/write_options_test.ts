/** Options of writing: every format takes its own and refuses those of the others, before anything is written. @module */
import { deepEqual, rejects } from "node:assert/strict";
import { ConfigError, dense, input, registry, sequential } from "../../mod.ts";
import { writeNamesOf, type WriteOptions } from "../../public/plugins.ts";
import { inFolder, lapis } from "../support/cli.ts";

const small = () => sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain" });
const given: Required<WriteOptions> = {
  kerasVersion: 2,
  training: false,
  weights: false,
  extras: { json: { a: 1 } },
  graph: "inference",
  opset: 17,
  external: false,
  rightPadded: true,
  warn: () => {},
  date: new Date(0),
};
const endings = [".keras", ".h5", ".weights.h5", ".json", ".safetensors", ".onnx"];

Deno.test("an option of another format is refused by save and toBytes, and its own are taken", async () => {
  await inFolder(async (folder) => {
    for (const ending of endings) {
      const taken = writeNamesOf(registry, ending);
      for (const [name, value] of Object.entries(given)) {
        const options = { [name]: value }, file = `${folder}/m${ending}`;
        if ((taken as readonly string[]).includes(name)) {
          await small().toBytes(ending, options);
          continue;
        }
        const wanted = (error: unknown) =>
          error instanceof ConfigError && error.message.includes(`as ${ending}: unknown option "${name}"`);
        await rejects(small().toBytes(ending, options), wanted, `${ending} ${name}`);
        await rejects(small().save(file, options), wanted, `${ending} ${name}`);
      }
    }
    deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("a mistyped option is refused with the one of that format that is meant", async () => {
  await rejects(
    small().toBytes(".keras", { kerasversion: 2 } as WriteOptions),
    /did you mean kerasVersion\?/,
  );
  await rejects(
    small().toBytes(".keras", { kerasVersion: 4 } as unknown as WriteOptions),
    /kerasVersion: expected 2 or 3, got 4/,
  );
  await rejects(
    small().toBytes(".onnx", { graph: "train" } as unknown as WriteOptions),
    /graph: expected .*training/,
  );
});

Deno.test("flags of lapis convert for another format are wrong use", async () => {
  await inFolder(async (folder) => {
    await small().save(`${folder}/m.keras`);
    for (
      const [ending, ...flags] of [
        [".keras", "--opset", "17"],
        [".h5", "--external"],
        [".h5", "--right-padded"],
        [".onnx", "--keras-version", "2"],
        [".safetensors", "--keras-version", "2"],
      ] as const
    ) {
      const { exit, err } = await lapis("convert", `${folder}/m.keras`, `${folder}/n${ending}`, ...flags);
      deepEqual([exit, err.includes(`${flags[0]} is for`)], [2, true], err);
    }
  });
});
