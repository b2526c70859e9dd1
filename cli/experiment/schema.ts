/** The JSON schema of experiments, made from the fields that read them. @module */
import { type Json, objectSchema } from "../training/config.ts";
import { experimentFields } from "./config.ts";

/** The schema that docs/experiment.schema.json holds. */
export function experimentSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Lapis: an experiment",
    description: "What `lapis experiment FILE.json` reads. Paths are relative to the file.",
    ...objectSchema(experimentFields),
  };
}
/** The text of docs/experiment.schema.json: `deno task schema` writes it. */
export function experimentSchemaText(): string {
  return `${JSON.stringify(experimentSchema(), null, 2)}\n`;
}

if (import.meta.main) await Deno.stdout.write(new TextEncoder().encode(experimentSchemaText()));
