/** Training that ends by itself and keeps its best weights: rented bikes by hour and weather. @module */
import { callbacks, data, input, layers, optimizers, sequential } from "../../mod.ts";

const read = (part: string) => data.readCsv(new URL(`../tables/data/bikes-${part}.csv`, import.meta.url));
const all = await read("train"), table = data.tablePreprocessor({ target: "bikers" });
const { held } = data.splitRows(all.rows.length, { parts: { train: 0.8, held: 0.2 } });
const part = (of: boolean) => ({ ...all, rows: all.rows.filter((_, i) => held.includes(i) === of) });
const { x, y } = table.fitTransform(part(false)), test = table.transform(await read("test"));
const { x: vx, y: vy = [] } = table.transform(part(true)), { dense } = layers;
const hidden = [128, 64].map((units) => dense({ units, activation: "relu" }));
const model = sequential([input({ shape: [table.width] }), ...hidden, dense({ units: 1 })], { seed: 1 });
model.compile({ optimizer: optimizers.adam({ learningRate: 0.005 }), loss: "mse", metrics: ["r2Score"] });
const stop = callbacks.earlyStopping({ patience: 20, restoreBestWeights: true });
const fit = { epochs: 300, batchSize: 128, callbacks: [stop], verbose: 0 } as const;
const { epoch } = await model.fit(x, y, { ...fit, validationData: [vx, vy] });
console.log(`${epoch.length} epochs, R² ${(await model.evaluate(test.x, test.y)).r2Score}`);
