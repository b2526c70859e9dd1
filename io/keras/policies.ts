/** Dtype policies that files give, kept for files to come; Lapis computes in float32 whatever they say. @module */
import { isJson } from "./json.ts";
import { isSerialized } from "./reading/entry.ts";

const policies = new WeakMap<object, unknown>();
/** The dtype policy that a file gave a layer, an input or a Sequential model, where it isn't float32. */
export const policyIn = (source: object): unknown => policies.get(source);
/** The name of a dtype policy in a file's form; of one by paths, that of the rest. */
export function policyName(given: unknown): string | undefined {
  if (typeof given === "string") return given;
  if (!isSerialized(given) || !isJson(given.config)) return undefined;
  return policyName(given.config.name ?? given.config.default_policy);
}
/** Keeps the policy of what a file gives one. */
export function keepPolicy(source: object, given: unknown): void {
  if (/float(16|64)|Map$/.test(`${policyName(given)} ${isSerialized(given) && given.class_name}`)) {
    policies.set(source, given);
  }
}
