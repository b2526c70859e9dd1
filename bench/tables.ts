/**
 * The README's tables: `deno task bench:tables`. Each network beside onnxruntime, in turn, and the kernels beside the limit of
 * this machine.
 * @module
 */
import { convolutions } from "./conv.ts";
import { products } from "./gemm.ts";
import { compareWithLimit } from "./limit.ts";
import { heading, measure, text } from "./models.ts";
import { networks } from "./networks.ts";

console.log(heading);
for (const network of networks) {
  for (const batch of network.batches) console.log(text(await measure(network, batch)));
}
console.log("\nMatrix products and the limit: relaxed_madd in registers");
await compareWithLimit(products());
console.log("\nConvolutions 3×3 and the limit");
await compareWithLimit(convolutions());
