/** Datatypes: which element type stored bytes have, or by what name they are refused. @module */
import type { DType } from "../../core/values/dtype.ts";
import type { Cursor } from "./cursor.ts";

/** How elements are stored. */
export interface Datatype {
  readonly dtype: DType;
  /** Bytes of a stored element. */
  readonly size: number;
  readonly bigEndian: boolean;
  /** Strings only: how they end, or that they lie in the global heap. */
  readonly text?: "zeroEnded" | "zeroPadded" | "spacePadded" | "variable";
}

const classNames = [
  "integer",
  "float",
  "time",
  "string",
  "bit field",
  "opaque",
  "compound",
  "reference",
  "enumeration",
  "variable-length",
  "array",
  "complex",
];
const integers: Record<string, DType> = {
  "1s": "int8",
  "2s": "int16",
  "4s": "int32",
  "8s": "int64",
  "1u": "uint8",
  "2u": "uint16",
  "4u": "uint32",
  "8u": "uint64",
};
// Bytes, sign bit, exponent place and size, mantissa place and size, bias.
const floats: Record<string, DType> = {
  "8,63,52,11,0,52,1023": "float64",
  "4,31,23,8,0,23,127": "float32",
  "2,15,10,5,0,10,15": "float16",
  "2,15,7,8,0,7,127": "bfloat16",
  "1,7,3,4,0,3,7": "float8e4m3fn",
  "1,7,2,5,0,2,15": "float8e5m2",
};
const endings = ["zeroEnded", "zeroPadded", "spacePadded"] as const;

/** Reads a datatype message. Throws an UnsupportedError that names the class of what can't be a tensor's element. */
export function readDatatype(c: Cursor): Datatype {
  const first = c.u8(), version = first >> 4, kind = first & 15;
  if (version < 1 || version > 5) throw c.corrupt(`expected datatype version 1 to 5, found ${version}`);
  const bits = c.uint(3), size = c.u32();
  if (size === 0) throw c.corrupt("an element of 0 bytes");
  switch (kind) {
    case 0:
      return readInteger(c, bits, size);
    case 1:
      return readFloat(c, bits, size);
    case 3: {
      const text = endings[bits & 15];
      if (!text) throw c.corrupt(`string padding ${bits & 15} is unknown`);
      return { dtype: "string", size, bigEndian: false, text };
    }
    case 8:
      return readEnum(c, version, bits & 0xffff, size);
    case 9:
      if ((bits & 15) !== 1) throw refused(c, "variable-length sequence");
      if (size !== 8 + c.source.offsetSize) throw c.corrupt(`a variable-length string of ${size} bytes`);
      return { dtype: "string", size, bigEndian: false, text: "variable" };
  }
  if (kind >= classNames.length) throw c.corrupt(`datatype class ${kind} is unknown`);
  throw refused(c, `${classNames[kind]}`);
}

function refused(c: Cursor, name: string): Error {
  return c.source.unsupported(`${name} (${c.what})`, c.start);
}

function readInteger(c: Cursor, bits: number, size: number): Datatype {
  const place = c.u16(), precision = c.u16();
  const dtype = integers[`${size}${bits & 8 ? "s" : "u"}`];
  if (!dtype || place !== 0 || precision !== size * 8) {
    throw refused(c, `${precision}-bit integer in ${size} bytes`);
  }
  return { dtype, size, bigEndian: (bits & 1) === 1 };
}

function readFloat(c: Cursor, bits: number, size: number): Datatype {
  c.skip(4);
  const parts = [size, bits >> 8 & 255, c.u8(), c.u8(), c.u8(), c.u8(), c.u32()];
  const dtype = floats[parts.join()];
  if (!dtype || bits & 0x40) {
    throw refused(c, `float of ${size} bytes with ${parts[3]} exponent and ${parts[5]} mantissa bits`);
  }
  return { dtype, size, bigEndian: (bits & 1) === 1 };
}

/** An enumeration is read as its integers; h5py's FALSE and TRUE of one byte are booleans. */
function readEnum(c: Cursor, version: number, members: number, size: number): Datatype {
  const base = readDatatype(c);
  if (base.size !== size || base.dtype === "string") {
    throw c.corrupt(`an enumeration of ${size} bytes over ${base.dtype}`);
  }
  if (members !== 2 || size !== 1) return base;
  const names = [0, 1].map(() => {
    const at = c.at, name = c.zeroText();
    if (version < 3) c.skip(-(c.at - at) & 7);
    return name;
  });
  const values = [c.u8(), c.u8()];
  const truth = names.join() === "FALSE,TRUE" && values.join() === "0,1";
  return truth ? { ...base, dtype: "bool" } : base;
}
