/** Rows by index. @module */
import { item } from "../../../../core/values/item.ts";
import { mulDims, normalAxis, productDims } from "../../../../core/values/shape.ts";
import { gather } from "../kernels/mod.ts";
import { type Arg, at, extent } from "../../room/lowering/program.ts";
import { dropAxis, elementBytes, sliceView } from "../../room/memory/views.ts";
import { STATUS_BYTES } from "../../room/target.ts";
import { engineTyped, intOf, type Rule } from "../../room/rules/rule.ts";

const gatherRule: Rule = {
  supports: (c) => engineTyped(c) && (c.inputs[1]?.dtype === "int32" || c.inputs[1]?.dtype === "int64"),
  lower(l, s, node) {
    const table = l.input(s, node, 0), { shape, dtype } = l.type(s, item(node.outputs, 0));
    const axis = normalAxis(intOf(node, "axis", 0), table.shape.length), limit = item(table.shape, axis);
    const known = l.constantOf(s, node.inputs[1] ?? -1);
    const single = known?.shape.length === 0 ? Number(known.data[0]) : undefined;
    if (single !== undefined && typeof limit === "number" && single < limit && single >= -limit) {
      const view = sliceView(table, axis, single < 0 ? single + limit : single, 1, 1);
      return l.define(s, node, dropAxis(view, axis));
    }
    const dense = l.contiguous(table, node), indices = l.contiguous(l.input(s, node, 1), node);
    const out = l.fresh(shape, dtype);
    const row = mulDims(elementBytes(dtype), productDims(table.shape.slice(axis + 1)));
    const count = productDims(indices.shape);
    const status = l.storage(STATUS_BYTES, "status", 0);
    l.statuses.push({ storage: status, node, axis, limit });
    const kernel = gather({ index: indices.dtype === "int64" ? "i64" : "i32" });
    const given: Readonly<Record<string, Arg>> = {
      outer: extent(productDims(table.shape.slice(0, axis))),
      count: extent(count),
      T: at(dense),
      tOuter: extent(mulDims(row, limit)),
      rows: extent(limit),
      rowBytes: extent(row),
      I: at(indices),
      Y: at(out),
      yOuter: extent(mulDims(row, count)),
      status: { storage: status, offset: 0 },
    };
    l.call(kernel, given, [dense, indices], [out], node);
    l.define(s, node, out);
  },
};

/** Rules of this file. */
export const gatherRules: Readonly<Record<string, Rule>> = { Gather: gatherRule };
