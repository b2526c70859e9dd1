/** Whether a node's inputs have the element types that its operator takes: the standard's own table, before anything is built. @module */
import { FormatError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import { typeText } from "../../core/values/shape.ts";
import { signatures, typeSets } from "./signatures.ts";

interface Parameter {
  readonly name: string;
  /** Inputs of one group share one element type. */
  readonly group: string;
  readonly repeats: "no" | "alike" | "any";
}
interface Signature {
  readonly since: number;
  readonly parameters: readonly Parameter[];
  /** By group; undefined where it may be no tensor. */
  readonly types: ReadonlyMap<string, ReadonlySet<string> | "any" | undefined>;
}

function typesOf(words: string): ReadonlySet<string> | "any" | undefined {
  if (words === "*") return undefined;
  if (words === "any") return "any";
  return new Set(words.split(" ").flatMap((word) => typeSets[word]?.split(" ") ?? [word]));
}
function parsed([since, row]: readonly [number, string]): Signature {
  const [names = "", ...groups] = row.split(" | ");
  const parameters = names.split(" ").map((part): Parameter => {
    const [name = "", group = ""] = part.split(":"), last = name.at(-1);
    const repeats = last === "*" ? "alike" : last === "~" ? "any" : "no";
    return { name: repeats === "no" ? name : name.slice(0, -1), group, repeats };
  });
  return {
    since,
    parameters,
    types: new Map(groups.map((words, i) => [String.fromCharCode(65 + i), typesOf(words)])),
  };
}
const known = new Map<string, readonly Signature[]>();
function signaturesOf(op: string): readonly Signature[] {
  let found = known.get(op);
  if (!found) {
    found = Object.hasOwn(signatures, op) ? (signatures[op] ?? []).map(parsed) : [];
    known.set(op, found);
  }
  return found;
}

/**
 * Checks the element types of a node's inputs. Types that only another opset allows are taken.
 * @throws {FormatError} naming the input, what was expected and what came.
 */
export function checkTypes(op: string, opset: number, inputs: readonly (Value | undefined)[]): void {
  const all = signaturesOf(op), signature = all.findLast(({ since }) => since <= opset) ?? all[0];
  if (!signature) return;
  const { parameters, types } = signature, first = new Map<string, string>();
  inputs.forEach((value, i) => {
    const parameter = parameters[i] ?? parameters.at(-1), type = value?.type;
    if (!parameter || (i >= parameters.length && parameter.repeats === "no")) return;
    const allowed = types.get(parameter.group);
    if (!type || allowed === undefined) return;
    const name = `input ${i} (${parameter.name})`;
    if (type.kind !== "tensor") throw new FormatError(`${name}: expected a tensor, got ${typeText(type)}`);
    if (allowed !== "any" && !allowed.has(type.dtype)) {
      throw new FormatError(`${name}: expected ${[...allowed].join(", ")}, got ${typeText(type)}`);
    }
    if (parameter.repeats === "any") return;
    const before = first.get(parameter.group);
    if (before !== undefined && before !== type.dtype) {
      throw new FormatError(`${name}: expected ${before} as the inputs before it, got ${typeText(type)}`);
    }
    first.set(parameter.group, type.dtype);
  });
}
