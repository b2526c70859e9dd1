/** Tensors as text in NumPy's way: numbers in columns, long ones cut in their middle. @module */
import type { DType } from "../../core/values/dtype.ts";
import { isFloat } from "../../core/values/dtype.ts";
import type { PrinterDef } from "../../core/values/printing.ts";
import { sizeOf, type Tensor, toNumbers } from "../../core/values/tensor.ts";

/** The shortest decimal digits that mean a number of the type, at most nine of them, as `d.ddde±n`. */
function digits(value: number, dtype: DType): string {
  const same = dtype === "float64" ? Number : dtype === "float32" ? Math.fround : undefined;
  for (let n = same ? 0 : 3; n < 8; n++) {
    const text = value.toExponential(n);
    if (!same || same(Number(text)) === value) return text;
  }
  return value.toExponential(8);
}
/** Texts of numbers, their points in one column; powers of ten where they are far apart. */
function floatTexts(values: readonly number[], dtype: DType): readonly string[] {
  const sizes = values.map(Math.abs).filter((v) => v > 0 && v < Infinity);
  const most = Math.max(...sizes), least = Math.min(...sizes), said = values.map((v) => digits(v, dtype));
  const byPower = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
  const places = Math.max(
    0,
    ...said.map((text) => {
      const [, written = "", power = "0"] = /\.?(\d*)e([+-]\d+)$/.exec(text.replace(/^-?\d/, "")) ?? [];
      const fraction = written.replace(/0+$/, "");
      return byPower ? fraction.length : Math.min(8, Math.max(0, fraction.length - Number(power)));
    }),
  );
  return values.map((v, i) => {
    if (!Number.isFinite(v)) return Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
    if (byPower) {
      const [mantissa, power = ""] = Number(said[i]).toExponential(places).split("e");
      return `${places === 0 ? `${mantissa}.` : mantissa}e${power.charAt(0)}${
        power.slice(1).padStart(2, "0")
      }`;
    }
    const text = Number(said[i]).toFixed(places).replace(/(\.\d*?)0+$/, "$1");
    return (text.includes(".") ? text : `${text}.`).padEnd(text.replace(/\..*/, "").length + 1 + places);
  });
}
/** Element type, shape and elements, as NumPy prints them. */
export function numpyText(t: Tensor): string {
  const { dtype, shape } = t, head = `${dtype}[${shape.join(", ")}]`;
  const cut = sizeOf(shape) > 1000;
  // Places along an axis; -1 for those left out.
  const along = shape.map((n) =>
    cut && n > 6 ? [0, 1, 2, -1, n - 3, n - 2, n - 1] : Array.from({ length: n }, (_, i) => i)
  );
  const places: number[] = [], steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const gather = (axis: number, at: number): void => {
    if (axis === shape.length) places.push(at);
    else for (const i of along[axis] ?? []) if (i >= 0) gather(axis + 1, at + i * (steps[axis] ?? 1));
  };
  gather(0, 0);
  const numbers = isFloat(dtype) ? toNumbers(t) : undefined;
  const plain = numbers ? floatTexts(places.map((at) => numbers[at] ?? NaN), dtype) : places.map((at) => {
    const v = t.data[at];
    return dtype === "bool" ? (v ? "True" : "False") : typeof v === "string" ? JSON.stringify(v) : `${v}`;
  });
  const width = Math.max(0, ...plain.map((text) => text.length));
  let next = 0;
  const write = (axis: number): string => {
    if (axis === shape.length) return (plain[next++] ?? "").padStart(width);
    const items = (along[axis] ?? []).map((i) => (i < 0 ? "..." : write(axis + 1)));
    const indent = " ".repeat(axis + 1);
    if (axis < shape.length - 1) return `[${items.join("\n".repeat(shape.length - 1 - axis) + indent)}]`;
    let lines = "", line = "";
    for (const item of items) {
      if (line !== "" && indent.length + line.length + 1 + item.length > 74) {
        lines += `${line.trimEnd()}\n${indent}`;
        line = "";
      }
      line += line === "" ? item : ` ${item}`;
    }
    return `[${lines}${line}]`;
  };
  const body = write(0);
  return `${head}${body.includes("\n") ? "\n" : " "}${shape.length === 0 ? body.trim() : body}`;
}

/** Tensors of models print in NumPy's way. */
export const printer: PrinterDef = {
  kind: "printer",
  name: "printer",
  summary: "tensors as text in NumPy's way",
  text: numpyText,
};
