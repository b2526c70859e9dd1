/**
 * `deno bench -A bench/`: every network beside onnxruntime-web, in turn, and the kernels beside the limit of this machine.
 * The tables are measured interleaved, which is what counts; Deno's own figures per contender follow them.
 * @module
 */
import { compareWithLimit } from "./limit.ts";
import { products } from "./gemm.ts";
import { convolutions } from "./conv.ts";
import { contenders, heading, measure, text } from "./models.ts";
import { networks } from "./networks.ts";

console.log(heading);
for (const network of networks) {
  for (const batch of network.batches) console.log(text(await measure(network, batch)));
}
console.log("\nMatrix products and the limit: relaxed_madd in registers");
await compareWithLimit(products());
console.log("\nConvolutions 3×3 and the limit");
await compareWithLimit(convolutions());

for (const network of networks) {
  for (const batch of network.batches) {
    const pair = await contenders(network, batch);
    for (const { name, run } of pair) {
      Deno.bench(name, { group: `${network.name} b${batch}`, baseline: name === "lapis wasm" }, async () => {
        await run();
      });
    }
  }
}
