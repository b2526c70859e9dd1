/** Names of classes to numbers and back. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { nearest } from "../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { compareBytes } from "./text/text.ts";

/** Names of classes to numbers and back, as scikit-learn's LabelEncoder. */
export interface LabelEncoder {
  /** The classes by number; empty before it was fitted. */
  readonly classes: readonly string[];
  /** Takes the distinct labels as classes, in the order of their code points. */
  fit(labels: Iterable<string>): LabelEncoder;
  /** The number of each label: int32 `[labels]`. @throws {InputError} naming the label that no class has, and its row. */
  transform(labels: Iterable<string>): Tensor;
  /** Both at once. */
  fitTransform(labels: readonly string[]): Tensor;
  /** The label of each number. @throws {InputError} naming the number that is no class. */
  inverseTransform(numbers: Tensor | Iterable<number>): string[];
}

/**
 * An encoder that knows no classes yet, or these in this order.
 *
 * ```ts
 * import { labelEncoder } from "@lapis/lapis/data";
 * const labels = labelEncoder();
 * labels.fitTransform(["positive", "negative", "positive"]).data; // Int32Array [1, 0, 1]
 * labels.inverseTransform([0]); // ["negative"]
 * ```
 * @throws {ConfigError} where a class stands twice.
 */
export function labelEncoder(given: readonly string[] = []): LabelEncoder {
  args.check("labelEncoder", "given", given, args.list);
  let classes: readonly string[] = [], numbers = new Map<string, number>();
  const take = (list: readonly string[]) => {
    classes = [...list];
    numbers = new Map(list.map((name, i) => [name, i]));
    const twice = list.find((name, i) => list.indexOf(name) !== i);
    if (twice !== undefined) throw new ConfigError(`labelEncoder: the class ${shown(twice)} stands twice`);
  };
  const fitted = () => {
    if (classes.length === 0) throw new InputError("labelEncoder: knows no classes: call fit(labels) first");
  };
  take(given);
  const made: LabelEncoder = {
    get classes() {
      return classes;
    },
    fit(labels) {
      take([...new Set(labels)].sort(compareBytes));
      return made;
    },
    transform(labels) {
      fitted();
      const ids = Array.from(labels, (label, row) => {
        const id = numbers.get(label);
        if (id !== undefined) return id;
        const near = nearest(`${label}`, classes);
        throw new InputError(
          `label ${shown(label)} of row ${row + 1} is none of the ${classes.length} classes: ` +
            `${classes.slice(0, 20).join(", ")}${classes.length > 20 ? ", …" : ""}` +
            `${near === undefined ? "" : ` (is ${near} meant?)`}`,
          { place: `row ${row + 1}` },
        );
      });
      return tensor(Int32Array.from(ids), [ids.length]);
    },
    fitTransform: (labels) => made.fit(labels).transform(labels),
    inverseTransform(given) {
      fitted();
      const list: Iterable<number> = "data" in given ? Array.from(toNumbers(given)) : given;
      return Array.from(list, (n) => {
        const name = classes[n];
        if (name !== undefined) return name;
        throw new InputError(`class ${shown(n)} is outside 0 to ${classes.length - 1}`);
      });
    },
  };
  return made;
}
