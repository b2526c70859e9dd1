/** Names of operators as the registry has them. @module */
import type { NodeProto } from "./messages.ts";

/** `""` for ai.onnx, which has two names. */
export function domainOf(domain: string | undefined): string {
  return domain === undefined || domain === "ai.onnx" ? "" : domain;
}
/** A node's operator as the registry names it. */
export function operatorName(node: Pick<NodeProto, "opType" | "domain">): string {
  const domain = domainOf(node.domain), op = node.opType ?? "";
  return domain === "" ? op : `${domain}.${op}`;
}
