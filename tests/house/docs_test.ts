/** What editors, `lapis layers`, JSON schemas and the reference say of an option is one text: the doc of its type. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import { docOf, fieldsOf } from "../../cli/docs.ts";
import { createRegistry, registry } from "../../mod.ts";
import { augmentFields } from "../../public/data.ts";
import { type AnySchema, callbackFields, fields, type LayerDef } from "../../public/plugins.ts";
import { ngramFields, textSettingsFields } from "../../public/text.ts";
import { collectDocs, type Collected, docsText, kinds } from "../support/optiondocs.ts";
import { root } from "../support/sources.ts";

let collected: Promise<Collected> | undefined;
const now = () => collected ??= collectDocs();

Deno.test("cli/docs.json is what the types say: deno task docs makes it anew", async () => {
  const { docs } = await now();
  equal(await Deno.readTextFile(new URL("cli/docs.json", root)), docsText(docs));
});
Deno.test("every part and every option has a doc, and none has two", async () => {
  const { missing, twice, docs } = await now();
  deepEqual(missing, []);
  deepEqual(twice, []);
  for (const kind of kinds) equal(Object.keys(docs[kind] ?? {}).length, registry.all(kind).length, kind);
});
const words = new Map<string, unknown>([
  ["none", null],
  ["the last", -1],
  ["the model's", null],
  ["a comma", ","],
  ["by its meaning", "auto"],
]);
/** The default that a doc tells, if it does. */
function toldBy(doc: string): { readonly value: unknown } | undefined {
  const said = /; ([^;]+?) unless given/.exec(doc)?.[1]?.replaceAll("`", "");
  if (said === undefined) return undefined;
  if (words.has(said)) return { value: words.get(said) };
  return { value: /^(-?[\d.]+(e-?\d+)?|true|false)$/.test(said) ? JSON.parse(said) : said };
}
Deno.test("the default that a doc tells is the field's", async () => {
  const { docs } = await now(), wrong: string[] = [];
  let told = 0;
  const compare = (
    place: string,
    texts: Readonly<Record<string, string>> = {},
    defaults: (option: string) => unknown,
  ) => {
    for (const [option, doc] of Object.entries(texts)) {
      const said = toldBy(doc), value = defaults(option) ?? null;
      if (!said) continue;
      told++;
      if (said.value !== value) wrong.push(`${place}.${option}: "${doc}", its default is ${value}`);
    }
  };
  const defaultsIn = (schema: object) => (option: string) => (schema as AnySchema)[option]?.default;
  for (const kind of kinds) {
    for (const def of registry.all(kind)) {
      const { options = {} } = def as { readonly options?: Readonly<Record<string, unknown>> };
      compare(
        `${kind} ${def.name}`,
        docs[kind]?.[def.name]?.options,
        def.kind === "activation" ? (option) => options[option] : defaultsIn(def.config),
      );
    }
  }
  const functions = {
    AugmentOptions: augmentFields,
    CsvLoggerOptions: callbackFields.csvLogger,
    EarlyStoppingOptions: callbackFields.earlyStopping,
    LossThresholdOptions: callbackFields.lossThreshold,
    ModelCheckpointOptions: callbackFields.modelCheckpoint,
    NgramOptions: ngramFields,
    PlateauOptions: callbackFields.reduceLearningRateOnPlateau,
    TextSettings: textSettingsFields,
  };
  for (const [type, schema] of Object.entries(functions)) {
    compare(type, docs.options?.[type]?.options, defaultsIn(schema));
  }
  ok(told > 35, `${told}`);
  deepEqual(wrong, []);
});
Deno.test("a plugin from elsewhere says its docs itself", () => {
  const own = {
    kind: "layer",
    name: "Own",
    summary: "its input",
    mask: "pass",
    config: { times: fields.int({ doc: "how often", default: 1 }) },
    params: () => ({}),
    build: ({ inputs }: { readonly inputs: readonly never[] }) => inputs,
  } as unknown as LayerDef;
  const found = createRegistry([own]).get("layer", "Own");
  deepEqual([docOf(found), fieldsOf(found).times?.doc], ["its input", "how often"]);
});
