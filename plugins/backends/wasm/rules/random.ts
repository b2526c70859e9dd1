/** Random numbers. @module */
import { item } from "../../../../core/values/item.ts";
import { productDims } from "../../../../core/values/shape.ts";
import { philox } from "../kernels/mod.ts";
import { at, extent } from "../../room/lowering/program.ts";
import type { Rule } from "../../room/rules/rule.ts";

const philoxRule: Rule = {
  supports({ inputs: [key, counter], outputs: [y] }) {
    const words = key?.dtype === "uint32" && key.shape?.length === 1 && key.shape[0] === 2;
    const long = (key?.dtype === "int64" || key?.dtype === "uint64") &&
      key.shape?.every((d) => d === 1) === true;
    return (words || long) && counter?.dtype === "int64" && y?.dtype === "float32";
  },
  lower(l, s, node) {
    const key = l.input(s, node, 0), counter = l.input(s, node, 1);
    const { shape, dtype } = l.type(s, item(node.outputs, 0));
    const y = l.fresh(shape, dtype);
    l.call(philox(), [at(y), extent(productDims(shape)), at(key), at(counter)], [key, counter], [y], node);
    l.define(s, node, y);
  },
};

/** Rules of this file. */
export const randomRules: Readonly<Record<string, Rule>> = { "lapis.Philox": philoxRule };
