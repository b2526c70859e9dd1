/** Classes out of probabilities. @module */
import { type Tensor, tensor, toNumbers } from "../values/tensor.ts";

/** The most probable class of every row, int32; a single probability is cut at a half. */
export function mostProbable(y: Tensor): Tensor {
  const width = y.shape.at(-1) ?? 1, p = toNumbers(y);
  const out = new Int32Array(width === 0 ? 0 : p.length / width);
  for (let row = 0; row < out.length; row++) {
    const from = row * width;
    if (width === 1) out[row] = (p[from] ?? 0) > 0.5 ? 1 : 0;
    else {
      let best = 0;
      for (let i = 1; i < width; i++) if ((p[from + i] ?? 0) > (p[from + best] ?? 0)) best = i;
      out[row] = best;
    }
  }
  return tensor(out, y.shape.slice(0, -1));
}
