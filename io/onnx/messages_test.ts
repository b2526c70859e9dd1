/** ONNX messages: what tensors and types hold, damaged ones, sizes that are declared. @module */
import { deepStrictEqual as deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { dtypeNames, dtypes, type NumericArray } from "../../core/values/dtype.ts";
import { FormatError, LimitError } from "../../core/values/errors.ts";
import { Random } from "../../core/values/random.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { tensorTable } from "./messages.ts";
import { decodeTensor, decodeValue, encodeTensor, encodeValue, readOnnx } from "./mod.ts";
import { encode } from "./proto.ts";
import { modelOf, read, registry, relu } from "../../tests/support/onnxmodels.ts";

Deno.test("every element type survives as raw data", () => {
  for (const dtype of dtypeNames) {
    const { array, per, kind, bits } = dtypes[dtype];
    const random = new Random(7), data = new array(5 * per);
    const bytes = new Uint8Array(data.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.bits();
    if (kind === "bool") bytes.forEach((v, i) => bytes[i] = v & 1);
    if (bits < 8 && kind !== "string") {
      (data as Int8Array).forEach((v, i) =>
        data[i] = kind === "int" ? v << (32 - bits) >> (32 - bits) : v & 2 ** bits - 1
      );
    }
    const t: Tensor = dtype === "string"
      ? tensor(["a", "", "naïve 😀", "d", "e"], [5], "string")
      : { dtype, shape: [5], data };
    deepEqual(decodeTensor(encodeTensor(t, "t")), t, dtype);
  }
});

Deno.test("typed fields hold what raw data holds", () => {
  const fields = (dataType: number, more: object) =>
    decodeTensor(encode(tensorTable, { dims: BigInt64Array.of(3n), dataType, ...more })).data;
  deepEqual(fields(10, { int32Data: Int32Array.of(0x3c00, 0xc000, 0) }), Uint16Array.of(0x3c00, 0xc000, 0));
  deepEqual(fields(22, { int32Data: Int32Array.of(0xf1, 0x07) }), Int8Array.of(1, -1, 7));
  deepEqual(fields(26, { int32Data: Int32Array.of(0b100111) }), Int8Array.of(-1, 1, -2));
  deepEqual(
    fields(13, { uint64Data: BigUint64Array.of(1n, 2n ** 64n - 1n, 0n) }),
    BigUint64Array.of(1n, 2n ** 64n - 1n, 0n),
  );
  deepEqual(
    fields(7, { int64Data: BigInt64Array.of(-1n, 2n ** 62n, -(2n ** 63n)) }),
    BigInt64Array.of(-1n, 2n ** 62n, -(2n ** 63n)),
  );
  deepEqual(fields(1, { floatData: Float32Array.of(1, -0, NaN) }), Float32Array.of(1, -0, NaN));
  deepEqual(fields(3, { int32Data: Int32Array.of(-128, 127, -1) }), Int8Array.of(-128, 127, -1));
});

Deno.test("sequences, optionals and maps survive", () => {
  const items = [tensor([1, 2]), tensor([[3]])];
  for (
    const value of [
      { kind: "sequence", items } as const,
      { kind: "optional" } as const,
      { kind: "map", keys: tensor(["a", "b"]), values: tensor([1, 2]) } as const,
      { kind: "sequence", items: [{ kind: "map", keys: tensor([1n, 2n]), values: tensor([1, 2]) }] } as const,
      { kind: "optional", value: { kind: "sequence", items } } as const,
    ]
  ) deepEqual(decodeValue(encodeValue(value), value.kind), value);
});

Deno.test("raw data is not copied when it is aligned", () => {
  const bytes = encodeTensor(tensor(new Float32Array(64)));
  const shifted = [0, 1, 2, 3].map((by) => {
    const buffer = new Uint8Array(bytes.length + by);
    buffer.set(bytes, by);
    return decodeTensor(buffer.subarray(by)).data as NumericArray;
  });
  equal(shifted.filter((data) => data.buffer.byteLength > 64 * 4).length, 1);
});

Deno.test("repeated numbers are read packed and one by one; unknown fields are skipped", () => {
  // dims (field 1) as two varints, then packed; field 99 is none of TensorProto's; float_data one by one.
  const bytes = Uint8Array.of(
    0x08,
    1,
    0x08,
    1,
    0x0a,
    1,
    2,
    0x9a,
    0x06,
    2,
    7,
    7,
    0x10,
    1,
    0x25,
    0,
    0,
    0x80,
    0x3f,
    0x25,
    0,
    0,
    0,
    0x40,
  );
  deepEqual(decodeTensor(bytes), tensor([[[1, 2]]]));
});

Deno.test("damaged messages name the field and the byte", () => {
  const cases: [number[], RegExp][] = [
    [
      [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      /ModelProto\.graph at byte 0: invalid length/,
    ],
    [
      [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
      /irVersion at byte 0: invalid varint/,
    ],
    [[0x3a, 100, 0x0a], /graph at byte 0: says it takes 100 bytes, 1 are left/],
    [[0x3a, 3, 0x0a, 5, 0], /ModelProto\.graph\.node at byte 2: says it takes 5 bytes, 1 are left/],
    [[0x3d, 0, 0, 0, 0], /graph at byte 0: wire type 5 doesn't fit a message/],
    [[0x08], /irVersion at byte 0: index out of range/],
  ];
  for (const [bytes, expected] of cases) {
    throws(() => readOnnx(Uint8Array.from(bytes), { registry }), (error) => {
      ok(error instanceof FormatError);
      match(error.message, expected);
      return true;
    });
  }
});

Deno.test("messages nested too deep are refused, not followed", () => {
  let bytes = Uint8Array.of(0x08, 1);
  // TypeProto.sequence_type (4) of Sequence.elem_type (1), over and over.
  const wrapped = (tag: number, inner: Uint8Array) => {
    const length = inner.length < 128 ? [inner.length] : [inner.length & 127 | 128, inner.length >> 7];
    return Uint8Array.of(tag, ...length, ...inner);
  };
  for (let i = 0; i < 300; i++) bytes = wrapped(i % 2 ? 0x22 : 0x0a, bytes);
  const model = wrapped(0x3a, wrapped(0x5a, wrapped(0x12, bytes)));
  throws(() => readOnnx(model, { registry }), LimitError);
});

Deno.test("sizes are checked before they are believed", () => {
  const initializer = (more: object) => modelOf(relu({ initializer: [{ name: "w", dataType: 1, ...more }] }));
  const dims = (...d: bigint[]) => BigInt64Array.from(d);
  throws(() => read(initializer({ dims: dims(2n ** 40n, 2n ** 40n) })), LimitError);
  throws(() => read(initializer({ dims: dims(-2n) })), /dimension -2 is negative/);
  throws(
    () => read(initializer({ dims: dims(8n), rawData: new Uint8Array(12) })),
    /takes 32 bytes, the file holds 12/,
  );
  throws(
    () => read(initializer({ dims: dims(2n), rawData: new Uint8Array(64) })),
    /takes 8 bytes, the file holds 64/,
  );
  throws(() => read(initializer({ dims: dims(2n), dataType: 99 })), /99 is no element type/);
});
