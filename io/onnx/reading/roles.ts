/** What ONNX has no word for: roles of inputs and which output replaces which, kept in a model's metadata. @module */
import { isFloat } from "../../../core/values/dtype.ts";
import type { Role } from "../../../core/graph/graph.ts";
import type { Tensor } from "../../../core/values/tensor.ts";

/** Roles of inputs by name, and the input that an output replaces. */
export interface Roles {
  readonly inputs: Readonly<Record<string, Role>>;
  readonly updates: Readonly<Record<string, string>>;
}
const key = "lapis.roles";
const roleNames: ReadonlySet<string> = new Set<Role>([
  "data",
  "constant",
  "parameter",
  "statistic",
  "slot",
  "state",
  "random",
]);

/** The metadata entry of a graph, where it needs one: what reading would not find by itself. */
export function rolesTo(roles: Roles): Readonly<Record<string, string>> {
  const empty = Object.keys(roles.inputs).length + Object.keys(roles.updates).length === 0;
  return empty ? {} : { [key]: JSON.stringify(roles) };
}

/** The roles that a file's metadata says; anything else there is left alone. */
export function rolesFrom(metadata: Readonly<Record<string, string>>): Roles {
  const none: Roles = { inputs: Object.create(null), updates: Object.create(null) }, text = metadata[key];
  if (text === undefined || text.length > 1 << 24) return none;
  try {
    const { inputs, updates } = JSON.parse(text) as Partial<Record<keyof Roles, Record<string, unknown>>>;
    return {
      inputs: words(inputs, (v) => roleNames.has(v)) as Record<string, Role>,
      updates: words(updates, () => true),
    };
  } catch {
    return none;
  }
}
function words(
  entries: Record<string, unknown> | undefined,
  fits: (v: string) => boolean,
): Record<string, string> {
  const out: Record<string, string> = Object.create(null);
  for (const [name, v] of Object.entries(entries ?? {})) if (typeof v === "string" && fits(v)) out[name] = v;
  return out;
}

/** True for an initializer that is taken for a weight: floats that are no scalar. */
export function looksTrained(value: Tensor): boolean {
  return isFloat(value.dtype) && value.shape.length > 0 && value.data.length > 0;
}
