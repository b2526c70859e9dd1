/** `lapis layers`: the layers there are, with their options. @module */
import { registry } from "../../mod.ts";
import facts from "../layers.json" with { type: "json" };
import type { CommandDef } from "../command.ts";
import { docOf, fieldsOf } from "../docs.ts";
import { clip, shapeText } from "../terminal.ts";

/** Lists the layers with their options, or one layer's options in full. */
export const layers: CommandDef = {
  name: "layers",
  summary: "list the layers: where they run, gradients, Keras versions read, options",
  example: `lapis layers
lapis layers LSTM   # every option with what it takes and its default`,
  declare: (command) => command.argument("[name]", "one layer, with its options in full"),
  run([name], _options, { terminal: { width } }) {
    const all = registry.all("layer").toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const known = all.find((def) => def.name.toLowerCase() === name?.toLowerCase())?.name;
    const shown = name === undefined ? all : [registry.get("layer", known ?? name)];
    const data = shown.map((def) => ({
      name: def.name,
      summary: docOf(def),
      forward: true,
      ...factsOf(def.name),
      options: Object.entries(fieldsOf(def)).map(([option, field]) => ({
        name: option,
        doc: field.doc ?? "",
        expects: field.expects,
        required: field.required,
        ...(field.required ? {} : { default: field.default }),
      })),
    }));
    const text = data.map(({ name: layer, summary, runs, gradient, keras, options }) => {
      const head = `${layer}  ${summary}`;
      const about = `forward: ${runs}; gradient: ${gradient}; Keras: ${keras.join(", ") || "3"}`;
      if (name === undefined) {
        const list = options.map((o) => o.name + (o.required ? "" : "?")).join(" ");
        return [clip(head, width), filled(about, width), ...options.length === 0 ? [] : [filled(list, width)]]
          .join("\n");
      }
      return [
        head,
        filled(about, width),
        ...options.map((o) => {
          const fallback = o.required ? "required" : `default ${valueText(o.default)}`;
          return `\n  ${o.name}: ${o.expects} (${fallback})\n${filled(o.doc, width)}`;
        }),
      ].join("\n");
    }).join("\n");
    return Promise.resolve({ text, data: { layers: data } });
  },
};

/** What the table of layers knows of one: measured by `deno task docs:layers`. */
interface Facts {
  readonly runs: string;
  readonly gradient: string;
  readonly keras: readonly string[];
}
function factsOf(name: string): Facts {
  const known = facts as Readonly<Record<string, Facts | undefined>>;
  return known[name] ?? { runs: "not measured", gradient: "not measured", keras: [] };
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value) && value.every((v) => typeof v === "number")) return shapeText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Words in lines of a width, indented. */
function filled(text: string, width: number): string {
  const lines: string[] = [];
  let line = "   ";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > width && line.trim() !== "") {
      lines.push(line);
      line = "   ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n");
}
