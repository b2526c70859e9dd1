/** The JSON schema of training configurations, made from the fields that read them. @module */
import { registry } from "../../mod.ts";
import type { PartKind } from "../../public/plugins.ts";
import { docOf, fieldsOf } from "../docs.ts";
import { callbackKinds } from "./callbacks.ts";
import { type Json, objectSchema, trainFields } from "./config.ts";
import { layerTypes } from "./layers.ts";

const own = (name: string) => ({ name: { const: name } });

/** A part by its name, or by its name with options. */
function partSchema(kind: PartKind): Json {
  const all = registry.all(kind);
  const names = all.flatMap((
    def,
  ) => [def.name, ...(def.aliases ?? []).map((a) => (typeof a === "string" ? a : a[0]))]);
  return {
    anyOf: [
      { enum: [...new Set(names)] },
      ...all.map((def) => ({
        description: docOf(def),
        ...objectSchema(fieldsOf(def), own(def.name)),
      })),
      // Keras' serialised form.
      { type: "object", required: ["class_name"] },
    ],
  };
}
function layerSchema(): Json {
  const common = {
    name: { description: "the layer's name; given by the model unless said", type: "string" },
    trainable: { description: "false freezes the weights", type: "boolean", default: true },
    dtype: { description: "type of the numbers", type: "string" },
  };
  const start = {
    description: "the shape of a sample, where the data doesn't say it",
    type: "object",
    properties: {
      type: { const: "input" },
      shape: { type: "array", items: { type: "integer", minimum: 1 } },
    },
    required: ["type", "shape"],
    additionalProperties: false,
  };
  return {
    oneOf: [
      start,
      ...[...layerTypes].map(([name, def]) => ({
        description: docOf(def),
        ...objectSchema(fieldsOf(def), { type: { const: name }, ...common }),
      })),
    ],
  };
}

/** The schema that docs/train.schema.json holds. */
export function trainSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Lapis: a training run",
    description: "What `lapis train CONFIG.json` reads. Paths are relative to the file.",
    ...objectSchema(trainFields),
    $defs: {
      layer: layerSchema(),
      optimizer: partSchema("optimizer"),
      schedule: partSchema("schedule"),
      loss: partSchema("loss"),
      metric: partSchema("metric"),
      callback: {
        oneOf: Object.entries(callbackKinds).map(([name, { fields }]) =>
          objectSchema(fields, { type: { const: name } })
        ),
      },
    },
  };
}

/** JSON whose outer levels are spread over lines, so that a layer is a line. */
function spread(value: unknown, levels: number, indent = ""): string {
  const inner = `${indent}  `;
  if (levels === 0 || typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item) => inner + spread(item, levels - 1, inner))
    : Object.entries(value).map(([key, item]) =>
      `${inner}${JSON.stringify(key)}: ${spread(item, levels - 1, inner)}`
    );
  return `${list ? "[" : "{"}\n${parts.join(",\n")}\n${indent}${list ? "]" : "}"}`;
}
/** The text of docs/train.schema.json: `deno task schema` writes it. */
export function schemaText(): string {
  return `${spread(trainSchema(), 4)}\n`;
}

if (import.meta.main) await Deno.stdout.write(new TextEncoder().encode(schemaText()));
