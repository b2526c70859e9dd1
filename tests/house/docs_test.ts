/** What an editor shows of a layer's option, its type's doc, speaks of what `lapis layers` prints, its field's doc. @module */
import { deepEqual, ok } from "node:assert/strict";
import * as layers from "../../public/layers.ts";
import { registry } from "../../mod.ts";
import { publicSymbols } from "../support/published.ts";

interface Shape {
  readonly extends?: readonly { readonly repr?: string; readonly value?: { readonly typeName?: string } }[];
  readonly properties?: readonly { readonly name: string; readonly jsDoc?: { readonly doc?: string } }[];
}
interface Named {
  readonly tsType?: {
    readonly value?: { readonly typeName?: string; readonly typeParams?: readonly Typed[] };
  };
}
interface Typed {
  readonly repr?: string;
  readonly value?: { readonly typeName?: string };
}
const nameOf = (type: Typed | undefined) => type?.value?.typeName ?? type?.repr ?? "";
/** Stems of the words that say something. */
const words = (text: string) => {
  const found = text.toLowerCase().match(/[a-z]{4,}|\p{L}(?=\b)/gu) ?? [];
  return new Set(
    found.filter((w) => !/^(that|where|which|what|with|from|each|the|unless)$/.test(w)).map((w) =>
      w.slice(0, 5)
    ),
  );
};

Deno.test("the docs of a layer's options and of its fields speak of the same", async () => {
  const symbols = (await publicSymbols()).filter(({ space }) => space === "layers");
  const shapes = new Map<string, Shape>(), configs = new Map<string, string>();
  for (const { name, declarations } of symbols) {
    for (const { kind, def } of declarations) {
      if (kind === "interface") shapes.set(name, def as Shape);
      const type = (def as Named).tsType?.value;
      if (kind === "variable" && type?.typeName === "Factory") {
        configs.set(name, nameOf(type.typeParams?.[0]));
      }
    }
  }
  const docsOf = (name: string): Readonly<Record<string, string>> => {
    const shape = shapes.get(name);
    return {
      ...Object.assign({}, ...(shape?.extends ?? []).map((e) => docsOf(nameOf(e)))),
      ...Object.fromEntries((shape?.properties ?? []).map((p) => [p.name, p.jsDoc?.doc ?? ""])),
    };
  };
  const apart: string[] = [];
  let compared = 0;
  const classes = new Map(registry.all("layer").map((def) => [def.name.toLowerCase(), def]));
  for (const name of Object.keys(layers)) {
    const def = classes.get(name.toLowerCase()), docs = docsOf(configs.get(name) ?? "");
    for (
      const [field, { doc }] of Object.entries(def?.config as Readonly<Record<string, { doc: string }>> ?? {})
    ) {
      const said = docs[field];
      if (said === undefined) continue;
      compared++;
      const known = words(doc);
      if (![...words(said)].some((w) => known.has(w))) apart.push(`${name}.${field}: "${said}" and "${doc}"`);
    }
  }
  ok(compared > 300, `${compared}`);
  deepEqual([...new Set(apart)], []);
});
