/** `lapis inspect`: what a model is made of, with shapes, parameters, operators and the plan it runs by. @module */
import { type Graph, type LayerNode, type Model, opName, type Tensor } from "../../mod.ts";
import type { CommandDef } from "../command.ts";
import { type Feed, madeUp, readFeed } from "../inputs.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { bytesText, clip, count, shapeText, table } from "../terminal.ts";

/** Shows a model's layers, shapes, parameters and operators, and the plan that it runs by. */
export const inspect: CommandDef = {
  name: "inspect",
  summary: "show a model's layers, shapes, parameters and operators",
  example: `lapis inspect model.keras
lapis inspect model.keras --input x.npy   # shapes with the real batch
lapis inspect model.keras --plan          # segments, kernels and bytes`,
  declare: (command) =>
    inputOptions(modelOptions(command)).option("--plan", "show segments, kernels and bytes"),
  async run([path = ""], options, context) {
    const given = inputsFrom(options), width = context.terminal.width;
    const { model, assets } = await loadNamed(path, options, context);
    const feed = hasInput(given) ? await readFeed(model, assets, given) : undefined;
    const seen = feed === undefined ? undefined : await model.activations(feed.tensors);
    const layers = rowsOf(model.layers.length === 0 ? [] : model.tree, seen);
    const operators = countOperators(model.graph());
    const plan = options.plan === true ? await planOf(model, feed ?? madeUp(model, 1)) : undefined;

    const parts = [
      `${model.name}: ${count(model.countParams())} parameters`,
      ports(model),
      layersTable(layers, width),
      `operators: ${[...operators].map(([name, n]) => `${name} ${n}`).join(", ")}`,
      ...(plan === undefined ? [] : [planText(plan, width)]),
    ];
    return {
      text: parts.map((part) => wrap(part, width)).join("\n\n"),
      data: {
        name: model.name,
        parameters: model.countParams(),
        inputs: model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
        outputs: model.outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
        layers: layers.map(({ depth: _, ...layer }) => layer),
        operators: Object.fromEntries(operators),
        ...(plan === undefined ? {} : { plan }),
      },
    };
  },
};

interface LayerRow {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly depth: number;
  readonly shapes: readonly (readonly (number | string)[])[];
  readonly parameters: number;
}

function rowsOf(
  tree: readonly LayerNode[],
  seen: ReadonlyMap<string, Tensor | readonly Tensor[]> | undefined,
  depth = 0,
): LayerRow[] {
  return tree.flatMap((node) => {
    const real = seen?.get(node.path);
    const row: LayerRow = {
      path: node.path,
      name: node.name,
      type: node.layer.def.name,
      depth,
      shapes: real === undefined ? node.outputs.map(typeShape) : listed(real).map(({ shape }) => shape),
      parameters: node.weights.filter(({ role }) => role !== "state").reduce(
        (n, w) => n + sizeOf(w.shape),
        0,
      ),
    };
    return [row, ...rowsOf(node.children, seen, depth + 1)];
  });
}
const listed = (value: Tensor | readonly Tensor[]): readonly Tensor[] => "data" in value ? [value] : value;
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function typeShape(type: LayerNode["outputs"][number]): readonly (number | string)[] {
  if (type.kind !== "tensor" || type.shape === undefined) return ["…"];
  return type.shape.map((d) => (typeof d === "number" ? d : typeof d === "string" ? d : "?"));
}

function ports(model: Model): string {
  const line = (
    what: string,
    { name, dtype, shape }: Model["inputs"][number],
  ) => [what, name, dtype, shapeText(shape)];
  const rows = [
    ...model.inputs.map((port) => line("input", port)),
    ...model.outputs.map((port) => line("output", port)),
  ];
  return table(["", "name", "type", "shape"], rows);
}

function layersTable(layers: readonly LayerRow[], width: number): string {
  if (layers.length === 0) return "no layers: the file holds a graph of operators";
  const rows = layers.map(({ name, type, depth, shapes, parameters }) => [
    `${"  ".repeat(depth)}${name}`,
    type,
    shapes.map(shapeText).join(" "),
    count(parameters),
  ]);
  return table(["layer", "type", "output", "parameters"], rows, { right: [3], width });
}

function countOperators(graph: Graph): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (g: Graph) => {
    for (const node of g.nodes) {
      found.set(opName(node), (found.get(opName(node)) ?? 0) + 1);
      Object.values(node.graphs).forEach(visit);
    }
  };
  visit(graph);
  return new Map([...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

interface Plan {
  readonly backend: string;
  readonly rows: number;
  readonly steps: readonly {
    segment: number;
    where: string;
    kernel: string;
    scope: string;
    bytes?: number;
  }[];
  readonly memory: { weights: number; packed: number; activations: number; workspace: number };
}

async function planOf(model: Model, feed: Feed): Promise<Plan> {
  await model.run(feed.tensors);
  const session = await model.session();
  return { backend: session.backend, rows: feed.rows, steps: session.plan(), memory: session.memory() };
}

function planText({ backend, rows, steps, memory }: Plan, width: number): string {
  const lines = steps.map(({ segment, where, kernel, scope, bytes }) => [
    `${segment}`,
    where,
    clip(kernel, 40),
    scope.length > 28 ? `…${scope.slice(-27)}` : scope,
    bytes === undefined ? "" : bytesText(bytes),
  ]);
  const bytes = Object.entries(memory).map(([what, n]) => `${what} ${bytesText(n)}`).join(", ");
  return [
    `plan on ${backend}, batch ${rows}: ${
      new Set(steps.map(({ segment }) => segment)).size
    } segments, ${steps.length} steps`,
    table(["segment", "where", "kernel", "layer", "bytes"], lines, { right: [0, 4], width }),
    `memory: ${bytes}`,
  ].join("\n");
}

/** Breaks long lines between words; what follows a break is indented. */
function wrap(text: string, width: number): string {
  return text.split("\n").map((line) => {
    const out: string[] = [];
    let rest = line;
    while (rest.length > width) {
      const at = rest.lastIndexOf(" ", width);
      if (at <= 2) break;
      out.push(rest.slice(0, at));
      rest = `  ${rest.slice(at + 1)}`;
    }
    return [...out, rest].join("\n");
  }).join("\n");
}
