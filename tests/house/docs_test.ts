/** What editors, `lapis layers`, JSON schemas and the reference say of an option is one text: the doc of its type. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import { docOf, fieldsOf } from "../../cli/docs.ts";
import { createRegistry, registry } from "../../mod.ts";
import { fields, type LayerDef } from "../../public/plugins.ts";
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
Deno.test("the default that a doc tells is the field's", async () => {
  const { docs } = await now(),
    words = new Map<string, unknown>([
      ["none", null],
      ["the last", -1],
      ["the model's", null],
    ]);
  const wrong: string[] = [];
  let told = 0;
  for (const kind of kinds) {
    for (const def of registry.all(kind)) {
      const config = (def.kind === "activation" ? def.options ?? {} : def.config) as Readonly<
        Record<string, unknown>
      >;
      for (const [option, doc] of Object.entries(docs[kind]?.[def.name]?.options ?? {})) {
        const said = /; (?:the default is )?([^;]+?) unless given/.exec(doc)?.[1];
        if (said === undefined) continue;
        told++;
        const field = config[option];
        const value = def.kind === "activation" ? field : (field as { readonly default?: unknown }).default;
        const expected = words.has(said)
          ? words.get(said)
          : /^(-?[\d.]+(e-?\d+)?|true|false)$/.test(said)
          ? JSON.parse(said)
          : said;
        if (expected !== (value ?? null)) {
          wrong.push(`${kind} ${def.name}.${option}: ${said}, its default is ${value}`);
        }
      }
    }
  }
  ok(told > 20, `${told}`);
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
