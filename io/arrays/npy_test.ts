/** .npy and .npz files against bytes as NumPy writes them. */
import assert from "node:assert/strict";
import { type DType, dtypes } from "../../core/values/dtype.ts";
import { LapisError } from "../../core/values/errors.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { readNpy, readNpz, writeNpy, writeNpz } from "./npy.ts";

/** A .npy file with a header as given, padded to `version`'s rules, and a body. */
function file(header: string, body: Uint8Array, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12, text = new TextEncoder().encode(`${header}\n`);
  const out = new Uint8Array(start + text.length + body.length), view = new DataView(out.buffer);
  out.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  out.set(text, start);
  out.set(body, start + text.length);
  return out;
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
const bytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const written: DType[] = [
  "bool",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float16",
  "float32",
  "float64",
  "complex64",
  "complex128",
];

Deno.test("writing and reading keeps every element type", () => {
  for (const dtype of written) {
    const { array, per } = dtypes[dtype], data = new array(6 * per);
    new Uint8Array(data.buffer).fill(1);
    const t: Tensor = { dtype, shape: [2, 3], data };
    assert.deepEqual(readNpy(writeNpy(t)), t, dtype);
  }
});

Deno.test("the written bytes are NumPy's", () => {
  const out = writeNpy(tensor([1, 2, 3]));
  assert.equal(out.length, 128 + 12);
  assert.equal(new TextDecoder("latin1").decode(out.subarray(6, 10)), "\x01\x00\x76\x00");
  assert.equal(new TextDecoder().decode(out.subarray(10, 128)), header("<f4", "(3,)").padEnd(117) + "\n");
  assert.match(
    new TextDecoder("latin1").decode(writeNpy(tensor(1.5, [], "float64"))),
    /'<f8'.*'shape': \(\), /,
  );
});

Deno.test("big-endian data and all three format versions are read", () => {
  const body = new Uint8Array([0, 1, 1, 0]);
  for (const version of [1, 2, 3]) {
    assert.deepEqual(readNpy(file(header(">i2", "(2,)"), body, version)).data, Int16Array.of(1, 256));
  }
});

Deno.test("a Fortran-ordered array is transposed", () => {
  const t = readNpy(file(header("<i4", "(2, 3)", "True"), bytes(Int32Array.of(0, 3, 1, 4, 2, 5))));
  assert.deepEqual(t, { dtype: "int32", shape: [2, 3], data: Int32Array.of(0, 1, 2, 3, 4, 5) });
  const cube = readNpy(file(header("<i4", "(2, 1, 2)", "True"), bytes(Int32Array.of(0, 2, 1, 3))));
  assert.deepEqual(Array.from(toNumbers(cube)), [0, 1, 2, 3]);
});

Deno.test("strings are code points or bytes", () => {
  const t: Tensor = { dtype: "string", shape: [3], data: ["žluť", "", "😀"] };
  assert.deepEqual(readNpy(writeNpy(t)), t);
  const narrow = readNpy(file(header("|S3", "(2,)"), new TextEncoder().encode("ab\0cde")));
  assert.deepEqual(narrow, { dtype: "string", shape: [2], data: ["ab", "cde"] });
});

Deno.test("what NumPy or a tensor doesn't have is refused by name", () => {
  const t: Tensor = { dtype: "bfloat16", shape: [1], data: new Uint16Array(1) };
  assert.throws(() => writeNpy(t), { name: "UnsupportedError", message: /bfloat16/ });
  for (const [descr, message] of [["|O", /object array/], ["<M8[D]", /element type "<M8\[D\]"/]] as const) {
    assert.throws(() => readNpy(file(header(descr, "(1,)"), new Uint8Array(8))), {
      name: "UnsupportedError",
      message,
    });
  }
  const records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}";
  assert.throws(() => readNpy(file(records, new Uint8Array(4))), {
    name: "UnsupportedError",
    message: /records/,
  });
});

Deno.test("damaged files name what was expected and found", () => {
  const good = header("<f4", "(2,)"), body = new Uint8Array(8);
  const refused = (data: Uint8Array, message: RegExp) =>
    assert.throws(() => readNpy(data, "x.npy"), { name: "FormatError", message });
  refused(new Uint8Array(20), /x\.npy: npy magic/);
  refused(file(good, body.subarray(1)), /shape \[2\] of "<f4" takes 8 bytes, found 7: truncated/);
  refused(file(good, new Uint8Array(9)), /data left over/);
  refused(file(good, body).subarray(0, 30), /truncated/);
  refused(file(good, body, 7), /version 7: expected 1, 2 or 3/);
  refused(file("__import__('os')", body), /expected one dictionary/);
  refused(file(good.replace("descr", "other"), body), /unexpected key other/);
  refused(file(header("<f4", "(-2,)"), body), /expected one dictionary/);
  refused(file(header("<f4", "2"), body), /shape: expected a tuple/);
  refused(file(`${good} x`, body), /expected one dictionary/);
  assert.throws(() => readNpy(file(header("<f4", "(9999999999, 9999999999)"), body)), {
    name: "LimitError",
    message: /too large/,
  });
});

Deno.test("changed bytes give errors of Lapis or a tensor", () => {
  const good = writeNpy(tensor([[1, 2], [3, 4]]));
  for (let at = 0; at < 90; at++) {
    for (const value of [0, 40, 49, 57, 123, 255]) {
      const copy = good.slice();
      copy[at] = value;
      try {
        readNpy(copy);
      } catch (error) {
        assert.ok(error instanceof LapisError, `byte ${at}: ${error}`);
      }
    }
  }
});

Deno.test(".npz archives keep names and order", () => {
  const tensors = { x: tensor([1, 2]), "layer/kernel": tensor([[1n]]) };
  assert.deepEqual(Object.fromEntries(readNpz(writeNpz(tensors))), tensors);
  assert.deepEqual(writeNpz(new Map(Object.entries(tensors))), writeNpz(tensors));
});

const io = new URL("../../../shared/fixtures/keras/A_dense_gelu/io/", import.meta.url);

Deno.test({
  name: "NumPy's own files are written back byte for byte",
  ignore: !isFolder(io),
  fn: () => {
    const names = [...Deno.readDirSync(io)].map((e) => e.name).filter((name) => name.endsWith(".npy"));
    assert.ok(names.length > 0);
    for (const name of names) {
      const original = Deno.readFileSync(new URL(name, io));
      assert.deepEqual(writeNpy(readNpy(original, name)), new Uint8Array(original), name);
    }
  },
});

function isFolder(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}
