/** Files and folders of other programs are named, with what to do. @module */
import { match, rejects, strictEqual } from "node:assert/strict";
import { loadModel, registry } from "../../mod.ts";
import { inFolder } from "../../tests/support/cli.ts";
import { readOnnxStructure } from "../../io/onnx/mod.ts";
import { writeZip } from "../archives/zip.ts";
import { foreignFile } from "./mod.ts";

const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const zip = (...names: readonly string[]) =>
  writeZip(names.map((name) => ({ name, bytes: new Uint8Array(1) })));
/** The beginnings that each program writes, and what must be said of them. */
const files: readonly (readonly [name: string, bytes: Uint8Array, said: RegExp])[] = [
  [
    "model.onnx",
    latin("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    /Git LFS pointer.*12345 bytes.*git lfs pull/,
  ],
  ["model.h5", latin("<!DOCTYPE html><html><body>Not found</body></html>"), /web page \(HTML\).*download/],
  ["model.onnx", latin("\n\n  <html>"), /web page/],
  ["model.keras", latin('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /XML document/],
  ["m.xml", latin('<?xml version="1.0"?>\n<net name="Model0" version="11">'), /OpenVINO/],
  ["m.tflite", latin("\x1c\0\0\0TFL3\0\0\0\0"), /TensorFlow Lite/],
  ["m.ort", latin("\x14\0\0\0ORTM\x0c\0"), /onnxruntime's own format.*\.onnx/],
  ["m.gguf", latin("GGUF\x03\0\0\0"), /GGUF/],
  ["m.pkl", latin("\x80\x04\x95\x0a\0\0\0\0"), /pickle.*skl2onnx/],
  [
    "m.pth",
    latin("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
    /PyTorch.*torch\.onnx\.export/,
  ],
  ["m.pt", zip("archive/data.pkl", "archive/data/0"), /PyTorch checkpoint.*torch\.onnx\.export/],
  ["m.pt", zip("m/data.pkl", "m/constants.pkl", "m/code/a.py"), /TorchScript/],
  ["m.zip", zip("a/saved_model.pb", "a/variables/variables.index"), /SavedModel/],
  ["m.zip", zip("models/a.onnx"), /zip archive around models\/a\.onnx.*unpack/],
  ["m.npz", zip("x.npy", "y.npy"), /\.npz/],
  ["m.mlpackage", zip("Data/com.apple.CoreML/model.mlmodel"), /Core ML/],
  ["t.xlsx", zip("[Content_Types].xml"), /Office/],
  ["m.onnx.gz", latin("\x1f\x8b\x08\0"), /gzip file; unpack/],
  ["m.onnx.zst", latin("\x28\xb5\x2f\xfd"), /Zstandard/],
  ["m.tar", latin("m.onnx".padEnd(257, "\0") + "ustar\x0000"), /tar archive/],
  ["x.npy", latin("\x93NUMPY\x01\0"), /NumPy array/],
  ["x.png", latin("\x89PNG\r\n\x1a\n"), /picture/],
  ["x.parquet", latin("PAR1"), /Parquet/],
  ["saved_model.pb", latin("\x08\x01\x12\xff\x01\x0a"), /SavedModel/],
  ["frozen.pb", latin("\x0a\x1a\x0a\x01x\x12\x0bPlaceholder"), /frozen TensorFlow graph/],
  ["group1-shard1of2.bin", latin("\0\0\x80?"), /TensorFlow\.js.*model\.json/],
  ["model.json", latin('{"format": "layers-model", "modelTopology": {"class_name": "S"}}'), /layers model/],
  ["model.json", latin('{"modelTopology": {"model_config": {"class_name": "Sequential"}}}'), /layers model/],
  ["model.json", latin('{"format": "graph-model"}'), /graph model/],
  ["config.json", latin('{\n "architectures": ["BertModel"]}'), /Hugging Face.*optimum/],
  ["m.onnx", latin('ir_version: 8\ngraph { name: "g" }\n'), /ONNX model written as text/],
  ["m.txt", latin("tree\nversion=v4\n"), /LightGBM/],
  ["train.py", latin("import tensorflow as tf\n"), /Python program/],
  ["m.wasm", latin("\0asm\x01\0\0\0"), /WebAssembly module/],
];

for (const [name, bytes, said] of files) {
  Deno.test(`${name} that begins as ${said.source.split(/[\\.]/)[0]} is named`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/${name}`;
      await Deno.writeFile(path, bytes);
      const named = (error: Error & { readonly file?: string }) => {
        strictEqual(error.name, "UnsupportedError", error.message);
        strictEqual(error.file, path);
        match(error.message, said);
        return true;
      };
      await rejects(loadModel(path), named);
      if (name.endsWith(".onnx")) await rejects(readOnnxStructure(path, { registry }), named);
    }));
}

Deno.test("models of ours are not taken for others'", async () => {
  strictEqual(
    foreignFile(latin('{"class_name": "Sequential", "config": {"model_type": 1}}'), "m.json"),
    undefined,
  );
  strictEqual(foreignFile(zip("config.json", "metadata.json"), "m.keras"), undefined);
  strictEqual(foreignFile(latin("\x08\x08\x12\x07pytorch"), "m.onnx"), undefined);
  const folder = new URL("../../tests/fixtures/models/cifar_cnn/", import.meta.url);
  strictEqual((await loadModel(new URL("model.keras", folder))).outputs.length, 1);
});

Deno.test("a folder is named, or says which of its files to give", () =>
  inFolder(async (folder) => {
    const holding = async (...names: readonly string[]) => {
      const made = await Deno.makeTempDir({ dir: folder });
      for (const name of names) await Deno.writeTextFile(`${made}/${name}`, "x");
      return made;
    };
    for (
      const [names, said] of [
        [["saved_model.pb", "keras_metadata.pb"], /is a TensorFlow SavedModel/],
        [["model.json", "group1-shard1of1.bin"], /is a TensorFlow\.js model/],
        [["config.json", "model.safetensors"], /is a Hugging Face model/],
        [["checkpoint", "a.index"], /is a TensorFlow checkpoint/],
        [["a.onnx", "b.h5"], /is a directory, expected a file; it holds a\.onnx, b\.h5: give one/],
        [[], /is a directory, expected a file; it holds no \.keras/],
      ] as const
    ) await rejects(loadModel(await holding(...names)), said);
  }));
