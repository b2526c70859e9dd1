/** Whole networks on each engine: `deno bench -A --filter "LSTM b32" bench/`. @module */
import { card } from "./card.ts";
import type { EngineName } from "./engines.ts";
import { ready } from "./models.ts";
import { networks } from "./networks.ts";

const engines: readonly EngineName[] = ["wasm", "onnxruntime-node", "onnxruntime-web", "plain"];
// The plain engine is for checking: one row of the small networks says how far it is.
const measured = (engine: EngineName, name: string, batch: number) =>
  engine !== "plain" || (batch === 1 && name !== "CNN");

card(networks.flatMap((network) =>
  network.batches.flatMap((batch) => {
    const group = `${network.name} b${batch}`;
    return engines.filter((engine) => measured(engine, network.name, batch)).map((engine) => ({
      name: `${group} ${engine}`,
      group,
      baseline: engine === "wasm",
      prepare: async () => {
        const one = await ready(network, batch, engine);
        return () => one.run();
      },
    }));
  })
));
