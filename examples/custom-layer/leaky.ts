/** LeakyCell, a recurrent cell of one's own: its state follows what it sees, a share at a time. @module */
import { fields, inputAt, type LayerDef } from "@lapis/lapis/plugins";

/** Options of {@link leakyCell}, resolved. */
export interface LeakyCellConfig {
  /** Size of the state. */
  readonly units: number;
  /** Share of the way to the new value that a step goes. */
  readonly rate: number;
}

/** A step `[batch, features], [batch, units] → [batch, units]`: h' = h + rate · (tanh(x·kernel + h·recurrentKernel) − h). */
export const leakyCell: LayerDef<LeakyCellConfig, "kernel" | "recurrentKernel"> = {
  kind: "layer",
  name: "LeakyCell",
  summary: "a state that follows its input a share at a time",
  config: {
    units: fields.int({ doc: "size of the state", min: 1 }),
    rate: fields.float({ doc: "share of the way that a step goes", default: 0.5 }),
  },
  mask: "consume",
  params: ({ units }, [x]) => {
    const features = x?.kind === "tensor" ? Number(x.shape?.at(-1)) : 0;
    return {
      kernel: { shape: [features, units], init: "glorotUniform" },
      recurrentKernel: { shape: [units, units], init: "orthogonal" },
    };
  },
  states: ({ units }) => [units],
  build({ b, config: { rate }, inputs, params }) {
    const x = inputAt(inputs, 0), h = inputAt(inputs, 1);
    const seen = b.add(b.matMul(x, params.kernel), b.matMul(h, params.recurrentKernel));
    const way = b.sub(b.tanh(seen), h);
    const next = b.add(h, b.mul(way, b.scalar(rate)));
    return [next, next];
  },
};
