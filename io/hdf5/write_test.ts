/** Files written are read back by the HDF5 library itself (h5wasm) and by our reader, and are the same every time. @module */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import * as h5wasm from "h5wasm";
import { type DType, dtypes, type NumericArray } from "../../core/values/dtype.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { attributeStrings, attributeText, openHdf5 } from "./mod.ts";
import { Hdf5GroupWriter, writeHdf5 } from "./write.ts";

/** The file as the library sees it. */
async function library<T>(bytes: Uint8Array, look: (file: h5wasm.File) => T): Promise<T> {
  const { FS } = await h5wasm.ready;
  const name = `written${Math.random()}.h5`;
  FS.writeFile(name, bytes);
  const file = new h5wasm.File(name, "r");
  try {
    return look(file);
  } finally {
    file.close();
    FS.unlink(name);
  }
}
const arrayAt = (file: h5wasm.File, path: string) => {
  const found = file.get(path);
  if (!(found instanceof h5wasm.Dataset)) throw new Error(`no dataset ${path}`);
  return { shape: found.shape, dtype: found.dtype, value: found.value };
};
const attributeAt = (file: h5wasm.File, path: string, name: string): unknown => {
  const found = file.get(path);
  return found instanceof h5wasm.Group ? found.attrs[name]?.value : undefined;
};

Deno.test("texts have the types of Keras' own files, which h5py 2 gives as bytes", () => {
  const root = new Hdf5GroupWriter();
  root.attributes.set("backend", "tensorflow");
  root.attributes.set("layer_names", ["a_layer_of_22_letters_"]);
  const hex = Array.from(writeHdf5(root), (b) => b.toString(16).padStart(2, "0")).join("");
  // Written by h5py 2.10 under Keras 2.2.4: class and version, padding and character set, size, base type.
  ok(hex.includes("1901000010000000" + "1000000001000000" + "00000800"));
  ok(hex.includes("1301000016000000"));
});

Deno.test("groups, datasets of every element type and shape, and attributes", async () => {
  const root = new Hdf5GroupWriter();
  const letters: Partial<Record<DType, string>> = {
    float32: "<f",
    float64: "<d",
    int64: "<q",
    int32: "<i",
    int16: "<h",
    int8: "<b",
    uint32: "<I",
    uint8: "<B",
  };
  for (const dtype of Object.keys(letters) as DType[]) {
    root.dataset(`numbers/${dtype}`, tensor([1, 2, 3], [3], dtype));
  }
  root.dataset("deep/er/matrix", tensor([[1.5, -2], [3, 1e-30]]));
  root.dataset("scalar", tensor(7, [], "int64"));
  root.dataset("none", tensor([], [0, 4], "float32"));
  root.attributes.set("text", "größer ▲ " + "x".repeat(100_000));
  root.group("deep").attributes.set("names", ["a", "längere", ""]);
  root.group("deep").attributes.set("empty", []);
  root.group("nothing");
  const bytes = writeHdf5(root), ours = openHdf5(bytes);
  await library(bytes, (file) => {
    for (const [dtype, letter] of Object.entries(letters)) {
      const { value, dtype: theirs } = arrayAt(file, `numbers/${dtype}`);
      equal(theirs, letter);
      deepEqual([...value as NumericArray].map(Number), [1, 2, 3]);
      deepEqual(ours.dataset(`numbers/${dtype}`).read(), tensor([1, 2, 3], [3], dtype as DType));
    }
    deepEqual([...arrayAt(file, "deep/er/matrix").value as Float32Array], [1.5, -2, 3, Math.fround(1e-30)]);
    deepEqual(arrayAt(file, "deep/er/matrix").shape, [2, 2]);
    equal(arrayAt(file, "scalar").value, 7n);
    deepEqual(arrayAt(file, "none").shape, [0, 4]);
    equal(attributeAt(file, "/", "text"), "größer ▲ " + "x".repeat(100_000));
    deepEqual(attributeAt(file, "deep", "names"), ["a", "längere", ""]);
    deepEqual([...attributeAt(file, "deep", "empty") as Float64Array], []);
    const nothing = file.get("nothing");
    ok(nothing instanceof h5wasm.Group && nothing.keys().length === 0);
  });
  equal(attributeText(ours, "text")?.length, 100_009);
  deepEqual(attributeStrings(ours.group("deep"), "names"), ["a", "längere", ""]);
  deepEqual(ours.group("nothing").keys(), []);
  deepEqual(ours.dataset("none").shape, [0, 4]);
});

Deno.test("groups of many names need several levels of nodes, long lists several attributes", async () => {
  const root = new Hdf5GroupWriter();
  const names = Array.from({ length: 5000 }, (_, i) => `layer_${i}_${"n".repeat(i % 30)}`);
  for (const name of names) root.dataset(`many/${name}`, tensor(name.length, [], "float32"));
  root.group("many").attributes.set("names", names);
  const bytes = writeHdf5(root), ours = openHdf5(bytes).group("many");
  deepEqual(ours.keys(), [...names].sort());
  deepEqual(attributeStrings(ours, "names"), names);
  for (const name of names) equal(toNumbers(ours.dataset(name).read())[0], name.length);
  await library(bytes, (file) => {
    const many = file.get("many");
    ok(many instanceof h5wasm.Group);
    deepEqual(many.keys().length, 5000);
    deepEqual([...many.keys()].sort(), [...names].sort());
    equal(arrayAt(file, `many/${names[4321]}`).value, names[4321]?.length);
    deepEqual(
      [...(many.attrs.names0?.value as string[])],
      names.slice(0, many.attrs.names0?.shape?.[0] ?? 0),
    );
  });
});

Deno.test("the same tree gives the same bytes", () => {
  const make = () => {
    const root = new Hdf5GroupWriter();
    root.dataset("b/c", tensor([1, 2]));
    root.attributes.set("a", "text");
    return writeHdf5(root);
  };
  deepEqual(make(), make());
});

Deno.test("what can't be written is refused by path", () => {
  const root = new Hdf5GroupWriter();
  root.dataset("a/b", tensor([1]));
  throws(() => root.dataset("a/b", tensor([1])), /a\/b: name already exists/);
  throws(() => root.group("a/b/c"), /"b" is a dataset, expected a group/);
  const words: Tensor = tensor(["x"]);
  root.dataset("words", words);
  throws(() => writeHdf5(root), /\/words: datasets of string are not written/);
  ok(dtypes.string.kind === "string");
});
