/** Every public function that takes an object of options refuses one that it doesn't know. @module */
import { deepEqual, rejects } from "node:assert/strict";
import * as lapis from "../../mod.ts";
import { root } from "../support/sources.ts";
import { publicSymbols } from "../support/published.ts";

const wrong = { optionOfNobody: 1 } as unknown as never;
const { input, registry, tensor } = lapis, { dense } = lapis.layers;
const bytes = new Uint8Array(8),
  table = { header: ["a"], rows: [["1"]] },
  x = tensor([[1, 2]]),
  y = tensor([[1]]);
const symbol = input({ shape: [2] });
const network = () => lapis.sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain" });
const model = network();
model.compile({ loss: "mse" });
const empty = { epoch: [], history: {} };
const described = () => lapis.edit.describeModel(model, {} as never);
const step = () => Promise.reject(new Error("a step"));
const onnx = () => new URL("tests/fixtures/onnx/none.onnx", root);
const first = async (all: AsyncIterable<unknown>) => {
  for await (const _ of all) return;
};

/** A call of each with the wrong option, by its name in the documentation. */
const calls: Readonly<Record<string, () => unknown>> = {
  "withHead": () => lapis.edit.withHead(model, wrong),
  "freeze": () => lapis.edit.freeze(model, wrong),
  "unfreeze": () => lapis.edit.unfreeze(model, wrong),
  "Model.call": () => model.call(x, wrong),
  "Model.callAll": () => model.callAll(x, wrong),
  "Model.compile": () => model.compile(wrong),
  "Model.deferred": () => lapis.Model.deferred([dense({ units: 1 })], registry, "m", wrong),
  "Model.evaluate": () => model.evaluate(x, y, wrong),
  "Model.fit": () => model.fit(x, y, wrong),
  "Model.fromGraph": () => lapis.Model.fromGraph(model.graph(), registry, wrong),
  "Model.fromNetwork": () => lapis.Model.fromNetwork(model.network, registry, wrong),
  "Model.gradients": () => model.gradients(x, y, wrong),
  "Model.graph": () => model.graph(wrong),
  "Model.predict": () => model.predict(x, wrong),
  "Model.predictAll": () => model.predictAll(x, wrong),
  "Model.predictClasses": () => model.predictClasses(x, wrong),
  "Model.predictProba": () => model.predictProba(x, wrong),
  "Model.save": () => model.save("/nowhere/x.keras", wrong),
  "Model.score": () => model.score(x, y, wrong),
  "Model.session": () => model.session(wrong),
  "Model.testOnBatch": () => model.testOnBatch(x, y, wrong),
  "Model.toBytes": () => model.toBytes("keras", wrong),
  "Model.trainOnBatch": () => model.trainOnBatch(x, y, wrong),
  adfTest: () => lapis.series.adfTest(new Float64Array(30), wrong),
  apply: () => lapis.apply(dense({ units: 1 }), symbol, wrong),
  applyAll: () => lapis.applyAll(dense({ units: 1 }), symbol, wrong),
  assertNoLeak: () =>
    lapis.series.assertNoLeak({ split: lapis.series.chronologicalSplit(20), ...wrong as object }),
  augmentImages: () => lapis.data.augmentImages(wrong),
  backupAndRestore: () => lapis.callbacks.backupAndRestore({ folder: "x", ...wrong as object }),
  beamDecode: () => lapis.sequences.beamDecode(step, {}, wrong),
  bidirectional: () => lapis.layers.bidirectional(lapis.lstm({ units: 1 }), wrong),
  bootstrapInterval: () => lapis.evaluation.bootstrapInterval(1, () => 0, wrong),
  calibration: () => lapis.evaluation.calibration([], x, wrong),
  calibrationCurve: () => lapis.evaluation.calibrationCurve([], [], wrong),
  crossValidate: () => lapis.evaluation.crossValidate(() => model, x, y, wrong),
  findLearningRate: () => lapis.evaluation.findLearningRate(() => model, x, y, wrong),
  kFolds: () => lapis.evaluation.kFolds(9, wrong),
  rateRange: () => lapis.evaluation.rateRange(() => Promise.resolve(), wrong),
  permutationImportance: () => lapis.evaluation.permutationImportance(x, () => 0, wrong),
  plotPanels: () => lapis.plots.plotPanels([], wrong),
  buildModule: () => lapis.backends.buildModule(model, wrong),
  buildVocabulary: () => lapis.text.buildVocabulary(["a"], wrong),
  calendarFeatures: () => lapis.series.calendarFeatures(new Float64Array(1), [], wrong),
  chronologicalSplit: () => lapis.series.chronologicalSplit(20, wrong),
  columnFeatures: () => lapis.series.columnFeatures("a", [1, 2], wrong),
  createLayer: () => lapis.plugins.createLayer(dense({ units: 1 }).def, wrong),
  csvLogger: () => lapis.callbacks.csvLogger("x.csv", wrong),
  csvToColumns: () => lapis.data.csvToColumns(table, wrong),
  csvToTensor: () => lapis.data.csvToTensor(table, wrong),
  curvesText: () => lapis.plots.curvesText("a", [], wrong),
  datasetFiles: () => lapis.data.datasetFiles("mnist", wrong),
  decode: () => lapis.sequences.decode(model, x, wrong),
  diffModels: () => lapis.edit.diffModels(described(), described(), wrong),
  differencer: () => lapis.series.differencer(wrong),
  downloadFile: () => lapis.data.downloadFile("x", wrong),
  earlyStopping: () => lapis.callbacks.earlyStopping(wrong),
  embeddingMatrix: () => lapis.text.embeddingMatrix({ vectors: new Map(), dimension: 1 }, ["a"], wrong),
  exponentialMovingAverage: () => lapis.series.exponentialMovingAverage([1], 2, wrong),
  extractLayers: () => lapis.extractLayers(model, wrong),
  extractOnnx: () => lapis.edit.extractOnnx(onnx(), wrong),
  forecastMetrics: () => lapis.series.forecastMetrics([1], [1], wrong),
  generator: () => lapis.sequences.generator(model, wrong),
  gradientNorms: () => lapis.sequences.gradientNorms(model, x, y, wrong),
  greedyDecode: () => lapis.sequences.greedyDecode(step, {}, 1, wrong),
  historyText: () => lapis.plots.historyText(empty, wrong),
  input: () => lapis.input({ shape: [1], ...wrong as object }),
  layersFromGraph: () => lapis.edit.layersFromGraph(model.graph(), registry, wrong),
  linesOf: () => first(lapis.data.linesOf([bytes], wrong)),
  loadDataset: () => lapis.data.loadDataset("mnist", wrong),
  loadModel: () => lapis.loadModel("/nowhere/x.keras", wrong),
  lossThreshold: () => lapis.callbacks.lossThreshold(1, wrong),
  minMaxScaler: () => lapis.series.minMaxScaler(wrong),
  model: () => lapis.model({ inputs: symbol, outputs: symbol, ...wrong as object }),
  modelCheckpoint: () => lapis.callbacks.modelCheckpoint(wrong),
  padSequences: () => lapis.sequences.padSequences([[1]], wrong),
  pairPreprocessor: () => lapis.text.pairPreprocessor(wrong),
  parseDates: () => lapis.series.parseDates(["2024-01-01"], wrong),
  persistenceForecast: () => lapis.series.persistenceForecast([1], wrong),
  plotCurves: () => lapis.plots.plotCurves([], wrong),
  plotDistributions: () => lapis.plots.plotDistributions({}, wrong),
  plotHistory: () => lapis.plots.plotHistory(empty, wrong),
  readCsv: () => lapis.data.readCsv(bytes, wrong),
  readJsonLines: () => lapis.data.readJsonLines(bytes, wrong),
  readLines: () => lapis.data.readLines(bytes, wrong),
  readCifar10: () => lapis.data.readCifar10(bytes, wrong),
  parseCsv: () => lapis.data.parseCsv("a\n1", wrong),
  readCsvStream: () => first(lapis.data.readCsvStream([bytes], wrong)),
  readIdx: () => lapis.data.readIdx(bytes, wrong),
  readImage: () => lapis.data.readImage(bytes, wrong),
  readPictures: () => lapis.data.readPictures([], wrong),
  readImageFolder: () => lapis.data.readImageFolder("/nowhere", wrong),
  parseJsonLines: () => lapis.data.parseJsonLines("{}", wrong),
  parseLines: () => lapis.data.parseLines("a b", wrong),
  readNpz: () => lapis.data.readNpz(bytes, wrong),
  networkFromConfig: () => lapis.keras.networkFromConfig({}, wrong),
  readKeras: () => lapis.keras.readKeras({ name: "x.keras", bytes }, wrong),
  readOnnx: () => lapis.onnx.readOnnx(bytes, wrong),
  readOnnxFiles: () => lapis.onnx.readOnnxFiles(bytes, undefined, wrong),
  readOnnxStructure: () => lapis.onnx.readOnnxStructure(onnx(), wrong),
  readSafetensors: () => lapis.data.readSafetensors(bytes, wrong),
  readUtf8: () => lapis.data.readUtf8(bytes, wrong),
  readWeightsH5: () => lapis.keras.readWeightsH5(bytes, wrong),
  readWordVectors: () => lapis.text.readWordVectors(bytes, wrong),
  reduceLearningRateOnPlateau: () => lapis.callbacks.reduceLearningRateOnPlateau(wrong),
  ridgeForecaster: () => lapis.series.ridgeForecaster([1], wrong),
  robustScaler: () => lapis.series.robustScaler(wrong),
  rolling: () => lapis.series.rolling([1], 1, "mean", wrong),
  rsi: () => lapis.series.rsi([1], 1, wrong),
  sampleDecode: () => lapis.sequences.sampleDecode(step, {}, 1, wrong),
  sampler: () => lapis.sequences.sampler(wrong),
  seasonalNaiveForecast: () => lapis.series.seasonalNaiveForecast([1], 1, wrong),
  sequenceBatches: () => lapis.sequences.sequenceBatches([1, 2], wrong),
  sequenceWindows: () => lapis.sequences.sequenceWindows([1, 2], wrong),
  sequential: () => lapis.sequential([dense({ units: 1 })], wrong),
  seriesPreprocessor: () => lapis.series.seriesPreprocessor(wrong),
  slidingWindows: () => lapis.series.slidingWindows({}, wrong),
  splitRows: () => lapis.data.splitRows(4, { parts: { a: 0.5, b: 0.5 }, ...wrong as object }),
  stepper: () => lapis.sequences.stepper(model, wrong),
  swapEmaWeights: () => lapis.callbacks.swapEmaWeights(wrong),
  tablePreprocessor: () => lapis.data.tablePreprocessor(wrong),
  tablePreprocessorFrom: () => lapis.data.tablePreprocessorFrom({ columns: [] }, wrong),
  terminateOnNaN: () => lapis.callbacks.terminateOnNaN(wrong),
  textPreprocessor: () => lapis.text.textPreprocessor(wrong),
  textVectorizer: () => lapis.text.textVectorizer(wrong),
  timeDistributed: () => lapis.layers.timeDistributed(dense({ units: 1 }), wrong),
  timeSeries: () => lapis.series.timeSeries(table, wrong),
  tokenizer: () => lapis.text.tokenizer(wrong),
  tokensOf: () => lapis.text.tokensOf("a", wrong),
  onnxruntimeWith: () => lapis.backends.onnxruntimeWith(wrong),
  writeOnnx: () => lapis.onnx.writeOnnx(model.graph(), wrong),
  walkForward: () => lapis.series.walkForward(20, wrong),
};

/** Objects that are data or parts of a contract, not options. */
const data = new Set([
  "Model.run",
  "assertAfter",
  "checkCompile",
  "describeModel",
  "dropGaps",
  "opName",
  "pairPreprocessorOf",
  "rawColumnsOf",
  "tablePreprocessorOf",
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
async function published(): Promise<{ readonly functions: string[]; readonly factories: string[][] }> {
  const functions = new Set<string>(), factories: string[][] = [];
  for (const { space, name, declarations } of await publicSymbols()) {
    for (const { kind, def } of declarations as readonly Declared[]) {
      const all = kind === "class"
        ? (def.methods ?? []).filter((m) => m.kind === "method").map((m) =>
          [`${name}.${m.name}`, m.functionDef.params] as const
        )
        : [[name, kind === "variable" ? def.tsType?.value?.params ?? [] : def.params ?? []] as const];
      if (kind !== "class" && kind !== "function" && kind !== "variable") continue;
      for (const [own, params] of all) if (params.some(isOptions) && !data.has(own)) functions.add(own);
      if (["Factory", "PartFactory", "NamedFactory"].includes(def.tsType?.value?.typeName ?? "")) {
        if (space !== ".") factories.push([space, name]);
      }
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
  const scaler = lapis.series.minMaxScaler();
  await rejects(async () => await scaler.fit({ a: new Float64Array(1) }, wrong), refusal("fit"));
  await rejects(async () => await lapis.text.pairPreprocessor({ source: wrong }), refusal("source"));
  await rejects(async () => await lapis.text.fitTfIdf([], [wrong]), refusal("fitTfIdf"));
  for (const engine of registry.all("backend")) {
    const options = { registry, ...wrong as object };
    await rejects(async () => await engine.compile(model.graph(), options), refusal(engine.name));
  }
});
Deno.test("the walk above leaves out no function of the documentation", async () => {
  const { functions, factories } = await published();
  deepEqual(
    functions.filter((name) =>
      !Object.hasOwn(calls, name) && !/^(GraphBuilder|Sessions|ModelState)\./.test(name)
    ),
    [],
  );
  const made = lapis as unknown as Readonly<Record<string, Record<string, (options: object) => unknown>>>;
  for (const [space = "", name = ""] of factories) {
    await rejects(async () => await made[space]?.[name]?.(wrong), refusal(name), `${space}.${name}`);
  }
});
