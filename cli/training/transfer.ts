/** A trained model taken over for other classes: a new head, layers frozen, and a second stage in which they are freed. @module */
import { InputError, type Model, registry } from "../../mod.ts";
import { freeze, layersFromGraph, unfreeze, withHead } from "../../public/edit.ts";
import { fields, type Schema } from "../../public/plugins.ts";
import { numberOption, textOption, UsageError } from "../command.ts";

const { bool, float, int, nullable, text } = fields;

/** What is done to a model that is taken over. */
export interface TransferConfig {
  readonly head: boolean;
  readonly classes: number | null;
  readonly freeze: string | null;
  readonly unfreeze: string | null;
  readonly epochs: number;
  readonly learningRate: number | null;
}
/** Every key of `transfer`. */
export const transferFields: Schema<TransferConfig> = {
  head: bool({ doc: "the last layer is replaced by one for the data's classes", default: true }),
  classes: nullable(int({ doc: "how many classes the new head has; the data's unless given", min: 2 })),
  freeze: nullable(text({
    doc:
      "the last layer that is frozen, from the input on; with a new head, all before it unless given; none: no layer",
  })),
  unfreeze: nullable(text({
    doc: "the first layer that a second stage frees, all: every layer; batch normalization stays frozen",
  })),
  epochs: int({ doc: "passes over the data in the second stage", min: 1, default: 10 }),
  learningRate: nullable(
    float({ doc: "the rate of the second stage; a tenth of the first's unless given", min: 0 }),
  ),
};

type Options = Readonly<Record<string, unknown>>;
/** What flags say, over what the configuration does; null where neither says anything. @throws {UsageError} */
export function transferWith(base: TransferConfig | null, options: Options): TransferConfig | null {
  const { head } = options, first = textOption(options, "freeze"), then = textOption(options, "unfreeze");
  const whole = (name: string, flag: string, min: number) =>
    numberOption(options, name, { flag, whole: true, min });
  const epochs = whole("fineTune", "--fine-tune", 1);
  const rate = numberOption(options, "fineTuneRate", { flag: "--fine-tune-rate", min: 0 });
  if (head === undefined && first === undefined && then === undefined && !base) {
    if (epochs !== undefined || rate !== undefined) {
      throw new UsageError("--fine-tune and --fine-tune-rate: say what --unfreeze does");
    }
    return null;
  }
  const classes = typeof head === "string" ? Number(head) : undefined;
  if (classes !== undefined && !(Number.isInteger(classes) && classes >= 2)) {
    throw new UsageError(`--head: expected a number of classes, got ${head}`);
  }
  const said = base ?? fields.parseConfig(transferFields, { head: head !== undefined }, "transfer");
  return {
    ...said,
    ...(head !== undefined && { head: true }),
    ...(classes !== undefined && { classes }),
    ...(first !== undefined && { freeze: first }),
    ...(then !== undefined && { unfreeze: then }),
    ...(epochs !== undefined && { epochs }),
    ...(rate !== undefined && { learningRate: rate }),
  };
}

/** An ONNX model as layers, any other as it is. */
export function asLayers(model: Model): Model {
  return model.isGraph ? layersFromGraph(model.graph(), registry, { name: model.name }) : model;
}
/**
 * The model that a first stage trains: with a new head where that is asked for, and what is to be frozen frozen.
 * @throws {InputError} where the head's classes aren't the data's.
 */
export function takenOver(
  base: Model,
  { head, classes, freeze: until, unfreeze: from }: TransferConfig,
  labels: readonly string[] | undefined,
  seed: number,
  log: (line: string) => void,
): Model {
  if (head && labels && classes !== null && classes !== labels.length) {
    throw new InputError(`--head ${classes}: the data have ${labels.length} classes: ${labels.join(", ")}`);
  }
  const count = classes ?? labels?.length;
  if (head && count === undefined) {
    throw new InputError("--head: the data name no classes: give their number");
  }
  const model = head ? withHead(base, { classes: count ?? 2, seed }) : base;
  const last = base.layers.at(-1)?.name;
  // A name that isn't there is refused before the first stage.
  if (from !== null && from !== "all") model.getLayer(from);
  let frozen: readonly string[] = [];
  if (until !== null && until !== "none") frozen = freeze(model, { until });
  else if (head && until === null) {
    const own = model.layers.slice(0, -1), end = own.findLast(({ name }) => name !== last && name !== "head");
    if (end) frozen = freeze(model, { until: end.name });
  } else if (!head && from !== null) free(model, from);
  const trained = model.tree.length === 0 ? 0 : trainedCount(model);
  log(
    `transfer: ${frozen.length} layers frozen${
      head ? `, a new head of ${count} classes` : ""
    }, ${trained} weights train`,
  );
  return model;
}
/** The rate of the second stage: as said, else a tenth of the first's where that is a number. */
export function secondRate(transfer: TransferConfig, optimizer: unknown): number {
  const { learningRate: first } = typeof optimizer === "object" && optimizer !== null
    ? optimizer as { readonly learningRate?: unknown }
    : {};
  return transfer.learningRate ?? (typeof first === "number" ? Number((first / 10).toPrecision(6)) : 1e-4);
}
/** Number of elements of the weights that train. */
export function trainedCount(model: Model): number {
  const sum = (nodes: Model["tree"]): number =>
    nodes.reduce(
      (n, node) =>
        n + node.weights.filter((w) => w.trainable).reduce((k, w) =>
          k + w.shape.reduce((a, b) => a * b, 1), 0) +
        sum(node.children),
      0,
    );
  return sum(model.tree);
}
/** Frees a model's layers from one on; batch normalization stays as it is. */
export function free(model: Model, from: string): readonly string[] {
  return unfreeze(model, { batchNormalization: false, ...(from !== "all" && { from }) });
}
