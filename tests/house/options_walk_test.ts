/** Every public function that takes an object of options refuses one that it doesn't know. @module */
import { deepEqual, rejects } from "node:assert/strict";
import * as lapis from "../../mod.ts";
import { root } from "../support/sources.ts";

const wrong = { optionOfNobody: 1 } as unknown as never;
const { dense, input, registry, tensor } = lapis;
const bytes = new Uint8Array(8),
  table = { header: ["a"], rows: [["1"]] },
  x = tensor([[1, 2]]),
  y = tensor([[1]]);
const symbol = input({ shape: [2] });
const network = () => lapis.sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain" });
const model = network();
model.compile({ loss: "mse" });
const empty = { epoch: [], history: {} };
const described = () => lapis.describeModel(model, {} as never);
const step = () => Promise.reject(new Error("a step"));
const onnx = () => new URL("tests/fixtures/onnx/none.onnx", root);
const first = async (all: AsyncIterable<unknown>) => {
  for await (const _ of all) return;
};

/** A call of each with the wrong option, by its name in the documentation. */
const calls: Readonly<Record<string, () => unknown>> = {
  "Model.call": () => model.call(x, wrong),
  "Model.compile": () => model.compile(wrong),
  "Model.deferred": () => lapis.Model.deferred([dense({ units: 1 })], registry, "m", wrong),
  "Model.evaluate": () => model.evaluate(x, y, wrong),
  "Model.fit": () => model.fit(x, y, wrong),
  "Model.fromGraph": () => lapis.Model.fromGraph(model.graph(), registry, wrong),
  "Model.fromNetwork": () => lapis.Model.fromNetwork(model.network, registry, wrong),
  "Model.gradients": () => model.gradients(x, y, wrong),
  "Model.graph": () => model.graph(wrong),
  "Model.predict": () => model.predict(x, wrong),
  "Model.predictClasses": () => model.predictClasses(x, wrong),
  "Model.predictProba": () => model.predictProba(x, wrong),
  "Model.save": () => model.save("/nowhere/x.keras", wrong),
  "Model.score": () => model.score(x, y, wrong),
  "Model.session": () => model.session(wrong),
  "Model.testOnBatch": () => model.testOnBatch(x, y, wrong),
  "Model.toBytes": () => model.toBytes("keras", wrong),
  "Model.trainOnBatch": () => model.trainOnBatch(x, y, wrong),
  adfTest: () => lapis.adfTest(new Float64Array(30), wrong),
  apply: () => lapis.apply(dense({ units: 1 }), symbol, wrong),
  applyAll: () => lapis.applyAll(dense({ units: 1 }), symbol, wrong),
  assertNoLeak: () => lapis.assertNoLeak({ split: lapis.chronologicalSplit(20), ...wrong as object }),
  augmentImages: () => lapis.augmentImages(wrong),
  backupAndRestore: () => lapis.backupAndRestore({ folder: "x", ...wrong as object }),
  beamDecode: () => lapis.beamDecode(step, {}, wrong),
  bidirectional: () => lapis.bidirectional(lapis.lstm({ units: 1 }), wrong),
  buildModule: () => lapis.buildModule(model, wrong),
  buildVocabulary: () => lapis.buildVocabulary(["a"], wrong),
  calendarFeatures: () => lapis.calendarFeatures(new Float64Array(1), [], wrong),
  chronologicalSplit: () => lapis.chronologicalSplit(20, wrong),
  columnFeatures: () => lapis.columnFeatures("a", [1, 2], wrong),
  createLayer: () => lapis.createLayer(dense({ units: 1 }).def, wrong),
  csvLogger: () => lapis.csvLogger("x.csv", wrong),
  csvToColumns: () => lapis.csvToColumns(table, wrong),
  csvToTensor: () => lapis.csvToTensor(table, wrong),
  curvesText: () => lapis.curvesText("a", [], wrong),
  datasetFiles: () => lapis.datasetFiles("mnist", wrong),
  decode: () => lapis.decode(model, x, wrong),
  diffModels: () => lapis.diffModels(described(), described(), wrong),
  differencer: () => lapis.differencer(wrong),
  downloadFile: () => lapis.downloadFile("x", wrong),
  earlyStopping: () => lapis.earlyStopping(wrong),
  embeddingMatrix: () => lapis.embeddingMatrix({ vectors: new Map(), dimension: 1 }, ["a"], wrong),
  exponentialMovingAverage: () => lapis.exponentialMovingAverage([1], 2, wrong),
  extractLayers: () => lapis.extractLayers(model, wrong),
  extractOnnx: () => lapis.extractOnnx(onnx(), wrong),
  forecastMetrics: () => lapis.forecastMetrics([1], [1], wrong),
  generator: () => lapis.generator(model, wrong),
  gradientNorms: () => lapis.gradientNorms(model, x, y, wrong),
  greedyDecode: () => lapis.greedyDecode(step, {}, 1, wrong),
  historyText: () => lapis.historyText(empty, wrong),
  input: () => lapis.input({ shape: [1], ...wrong as object }),
  layersFromGraph: () => lapis.layersFromGraph(model.graph(), registry, wrong),
  linesOf: () => first(lapis.linesOf([bytes], wrong)),
  loadDataset: () => lapis.loadDataset("mnist", wrong),
  loadModel: () => lapis.loadModel("/nowhere/x.keras", wrong),
  lossThreshold: () => lapis.lossThreshold(1, wrong),
  minMaxScaler: () => lapis.minMaxScaler(wrong),
  model: () => lapis.model({ inputs: symbol, outputs: symbol, ...wrong as object }),
  modelCheckpoint: () => lapis.modelCheckpoint(wrong),
  padSequences: () => lapis.padSequences([[1]], wrong),
  pairPreprocessor: () => lapis.pairPreprocessor(wrong),
  parseDates: () => lapis.parseDates(["2024-01-01"], wrong),
  persistenceForecast: () => lapis.persistenceForecast([1], wrong),
  plotCurves: () => lapis.plotCurves([], wrong),
  plotDistributions: () => lapis.plotDistributions({}, wrong),
  plotHistory: () => lapis.plotHistory(empty, wrong),
  readCifar10: () => lapis.readCifar10(bytes, wrong),
  readCsv: () => lapis.readCsv("a\n1", wrong),
  readCsvStream: () => first(lapis.readCsvStream([bytes], wrong)),
  readIdx: () => lapis.readIdx(bytes, wrong),
  readImage: () => lapis.readImage(bytes, wrong),
  readImageFolder: () => lapis.readImageFolder("/nowhere", wrong),
  readJsonLines: () => lapis.readJsonLines("{}", wrong),
  readLines: () => lapis.readLines("a b", wrong),
  readNpz: () => lapis.readNpz(bytes, wrong),
  readOnnxFiles: () => lapis.readOnnxFiles(bytes, undefined, wrong),
  readOnnxStructure: () => lapis.readOnnxStructure(onnx(), wrong),
  readSafetensors: () => lapis.readSafetensors(bytes, wrong),
  readUtf8: () => lapis.readUtf8(bytes, wrong),
  readWeightsH5: () => lapis.readWeightsH5(bytes, wrong),
  readWordVectors: () => lapis.readWordVectors(bytes, wrong),
  reduceLROnPlateau: () => lapis.reduceLROnPlateau(wrong),
  reduceLearningRateOnPlateau: () => lapis.reduceLearningRateOnPlateau(wrong),
  ridgeForecaster: () => lapis.ridgeForecaster([1], wrong),
  robustScaler: () => lapis.robustScaler(wrong),
  rolling: () => lapis.rolling([1], 1, "mean", wrong),
  rsi: () => lapis.rsi([1], 1, wrong),
  sampleDecode: () => lapis.sampleDecode(step, {}, 1, wrong),
  sampler: () => lapis.sampler(wrong),
  seasonalNaiveForecast: () => lapis.seasonalNaiveForecast([1], 1, wrong),
  sequenceBatches: () => lapis.sequenceBatches([1, 2], wrong),
  sequenceWindows: () => lapis.sequenceWindows([1, 2], wrong),
  sequential: () => lapis.sequential([dense({ units: 1 })], wrong),
  seriesPreprocessor: () => lapis.seriesPreprocessor(wrong),
  slidingWindows: () => lapis.slidingWindows({}, wrong),
  stepper: () => lapis.stepper(model, wrong),
  swapEmaWeights: () => lapis.swapEmaWeights(wrong),
  terminateOnNaN: () => lapis.terminateOnNaN(wrong),
  textPreprocessor: () => lapis.textPreprocessor(wrong),
  textVectorizer: () => lapis.textVectorizer(wrong),
  timeDistributed: () => lapis.timeDistributed(dense({ units: 1 }), wrong),
  timeSeries: () => lapis.timeSeries(table, wrong),
  tokenizer: () => lapis.tokenizer(wrong),
  tokensOf: () => lapis.tokensOf("a", wrong),
  walkForward: () => lapis.walkForward(20, wrong),
};

/** Objects that are data or parts of a contract, not options. */
const data = new Set([
  "Model.run",
  "assertAfter",
  "describeModel",
  "dropGaps",
  "opName",
  "pairPreprocessorOf",
  "textPreprocessorOf",
]);

interface Typed {
  readonly kind: string;
  readonly value?: { readonly typeName?: string; readonly params?: readonly Param[] };
}
interface Param {
  readonly tsType?: Typed;
  readonly left?: Param;
}
interface Declared {
  readonly kind: string;
  readonly def: {
    readonly params?: readonly Param[];
    readonly tsType?: Typed;
    readonly methods?: readonly {
      readonly name: string;
      readonly kind: string;
      readonly functionDef: { readonly params: readonly Param[] };
    }[];
  };
}
/** Names that a type of options ends with. */
const named = /(Options|Settings|Training|Rules|Check|ForecastRows)$/;
function isOptions(param: Param): boolean {
  const type = param.tsType ?? param.left?.tsType;
  if (!type) return false;
  if (type.kind === "typeLiteral" || type.kind === "intersection") return true;
  const name = type.value?.typeName ?? "";
  return type.kind === "typeRef" && (named.test(name) || ["Partial", "Omit"].includes(name));
}
/** Public functions that take options; and factories, which all read a schema. */
async function published(): Promise<{ readonly functions: string[]; readonly factories: string[] }> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: root,
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [file] = Object.values(nodes) as { readonly symbols: { name: string; declarations: Declared[] }[] }[];
  const functions = new Set<string>(), factories: string[] = [];
  for (const { name, declarations } of file?.symbols ?? []) {
    for (const { kind, def } of declarations) {
      const all = kind === "class"
        ? (def.methods ?? []).filter((m) => m.kind === "method").map((m) =>
          [`${name}.${m.name}`, m.functionDef.params] as const
        )
        : [[name, kind === "variable" ? def.tsType?.value?.params ?? [] : def.params ?? []] as const];
      if (kind !== "class" && kind !== "function" && kind !== "variable") continue;
      for (const [own, params] of all) if (params.some(isOptions) && !data.has(own)) functions.add(own);
      if (["Factory", "PartFactory"].includes(def.tsType?.value?.typeName ?? "")) factories.push(name);
    }
  }
  return { functions: [...functions], factories };
}

const refusal = (name: string) => (error: unknown) => {
  if (error instanceof lapis.ConfigError && /unknown option "optionOfNobody"/.test(error.message)) {
    return true;
  }
  throw new Error(`${name}: ${error}`);
};
Deno.test("an option that nothing knows is refused by every public function", async () => {
  for (const [name, call] of Object.entries(calls)) {
    await rejects(async () => await call(), refusal(name), name);
  }
  const scaler = lapis.minMaxScaler();
  await rejects(async () => await scaler.fit({ a: new Float64Array(1) }, wrong), refusal("fit"));
  await rejects(async () => await lapis.pairPreprocessor({ source: wrong }), refusal("source"));
  await rejects(async () => await lapis.fitTfIdf([], [wrong]), refusal("fitTfIdf"));
  for (const engine of registry.all("backend")) {
    const options = { registry, ...wrong as object };
    await rejects(async () => await engine.compile(model.graph(), options), refusal(engine.name));
  }
});
Deno.test("the walk above leaves out no function of the documentation", async () => {
  const { functions, factories } = await published();
  deepEqual(
    functions.filter((name) => !Object.hasOwn(calls, name) && !/^(GraphBuilder|Sessions)\./.test(name)),
    [],
  );
  const made = lapis as unknown as Readonly<Record<string, (options: object) => unknown>>;
  for (const name of factories) await rejects(async () => await made[name]?.(wrong), refusal(name), name);
});
