/** Where the scales of a quantized EinsumDense's kernel stand: Keras keeps them as they lie against its output. @module */

/** Axes of input and kernel that an equation sums over, and those of the kernel that it leaves. */
export interface Alignment {
  /** Axes of the input that are summed over. */
  readonly inputReduced: readonly number[];
  /** Axes of the kernel that are summed over. */
  readonly reduced: readonly number[];
  /** Axes of the kernel that stay, in the output's order. */
  readonly made: readonly number[];
  /** The order that brings them back to the kernel's. */
  readonly order: readonly number[];
}
/** Letters of an equation, dots written out. */
function lettersOf(equation: string, rank: number): readonly [string, string, string] {
  const [left = "", output = ""] = equation.replaceAll(" ", "").split("->"),
    [input = "", kernel = ""] = left.split(",");
  const free = rank - input.replace("...", "").length;
  const hidden = [..."ZYXWVUTS"].filter((c) => !equation.includes(c)).slice(0, free).join("");
  return [input.replace("...", hidden), kernel, output.replace("...", hidden)];
}
const placesOf = (letters: string, test: (c: string) => boolean) =>
  [...letters].flatMap((c, i) => (test(c) ? [i] : []));

/** Reads an equation on inputs of a rank. */
export function alignScale(equation: string, rank: number): Alignment {
  const [input, kernel, output] = lettersOf(equation, rank);
  const made = [...output].filter((c) => kernel.includes(c)).map((c) => kernel.indexOf(c));
  return {
    inputReduced: placesOf(input, (c) => !output.includes(c)),
    reduced: placesOf(kernel, (c) => !output.includes(c)),
    made,
    order: [...made].sort((a, b) => a - b).map((axis) => made.indexOf(axis)),
  };
}
/** The shape in which Keras keeps a kernel's scales: axes in the output's order, those summed over where it has others. */
export function scaleShape(
  equation: string,
  rank: number,
  kernelShape: readonly number[],
): readonly number[] {
  const [, kernel, output] = lettersOf(equation, rank), { reduced, made } = alignScale(equation, rank);
  const order = [...made], expand = placesOf(output, (c) => !kernel.includes(c)), squeeze: number[] = [];
  let at = 0;
  for (const axis of reduced) {
    const next = expand.shift();
    if (next === undefined) squeeze.push(axis);
    at = next ?? at;
    order.splice(at, 0, axis);
  }
  const shape = order.map((axis) => (reduced.includes(axis) ? 1 : kernelShape[axis] ?? 1));
  for (const axis of expand) shape.splice(axis, 0, 1);
  return shape.filter((_, i) => !squeeze.includes(i));
}
