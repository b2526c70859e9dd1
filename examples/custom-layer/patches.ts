/** Patches, a layer of one's own: images cut into squares, each one row. @module */
import { fields, inputAt, type LayerDef } from "@lapis/lapis/plugins";

/** Options of {@link patches}, resolved. */
export interface PatchesConfig {
  /** Height and width of a patch. */
  readonly size: number;
}

/** `[batch, height, width, channels] → [batch, patches, size · size · channels]`; Keras' `acme>Patches`. */
export const patches: LayerDef<PatchesConfig, never> = {
  kind: "layer",
  name: "Patches",
  summary: "images cut into squares, each one row",
  config: { size: fields.int({ doc: "height and width of a patch", min: 1 }) },
  mask: "consume",
  params: () => ({}),
  build({ b, config: { size }, inputs }) {
    const x = inputAt(inputs, 0), shape = x.type.kind === "tensor" ? x.type.shape ?? [] : [];
    const [height = 0, width = 0, channels = 0] = shape.slice(1).map(Number);
    const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
    const squares = b.reshape(x, b.ints([-1, rows, size, columns, size, channels]));
    const turned = b.transpose(squares, { perm: [0, 1, 3, 2, 4, 5] });
    return [b.reshape(turned, b.ints([-1, rows * columns, size * size * channels]))];
  },
};
