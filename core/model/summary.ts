/** The table of a model's layers, as Keras prints it. @module */
import { byteLength } from "../values/dtype.ts";
import { countOf, type LayerNode, type WeightEntry, weightsBelow } from "../network/tree.ts";
import { nameOf } from "../network/names.ts";
import { type LayerCall, type Network, readBy } from "../network/network.ts";
import type { Type } from "../values/shape.ts";
import { sizeOf } from "../values/tensor.ts";

function bytesOf(weights: readonly WeightEntry[]): string {
  let bytes = weights.reduce((n, w) => n + byteLength(w.dtype, sizeOf(w.shape)), 0);
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${bytes.toFixed(2)} ${units[unit]}`;
}
function typeShape(type: Type | undefined): string {
  if (type?.kind !== "tensor" || !type.shape) return "?";
  const dims = type.shape.map((d) => (typeof d === "number" ? `${d}` : "None"));
  return `(${dims.join(", ")})`;
}
function shapesText(types: readonly Type[]): string {
  const texts = types.map(typeShape);
  return texts.length === 1 ? texts[0] ?? "?" : `[${texts.join(", ")}]`;
}

/** Cuts text into lines of a width, between words where it can. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > 0 ? space : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
interface Column {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
}
function table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (left: string, fill: string, cross: string, right: string) =>
    left + columns.map((c) => fill.repeat(c.width + 2)).join(cross) + right;
  const cells = (row: readonly string[], bar: string): readonly string[] => {
    const parts = row.map((text, i) => wrapped(text, columns[i]?.width ?? 10));
    const height = Math.max(...parts.map((p) => p.length));
    return Array.from({ length: height }, (_, y) =>
      bar + columns.map((c, i) => {
        const text = parts[i]?.[y] ?? "";
        return ` ${c.right ? text.padStart(c.width) : text.padEnd(c.width)} `;
      }).join(bar) + bar);
  };
  const out = [
    line("┏", "━", "┳", "┓"),
    ...cells(columns.map((c) => c.title), "┃"),
    line("┡", "━", "╇", "┩"),
  ];
  rows.forEach((row, i) => {
    if (i > 0) out.push(line("├", "─", "┼", "┤"));
    out.push(...cells(row, "│"));
  });
  return [...out, line("└", "─", "┴", "┘")];
}

function connections(network: Network, calls: readonly LayerCall[]): string {
  const names = calls.flatMap((call) =>
    readBy(call).map((t) => {
      if (!t.call) return `${network.inputNames[network.inputs.indexOf(t)] ?? "input"}[0][0]`;
      const { layer } = t.call;
      const uses = network.calls.filter((c) => c.layer === layer);
      return `${nameOf(layer)}[${uses.indexOf(t.call)}][${t.index}]`;
    })
  );
  return names.length > 0 ? names.join(", ") : "-";
}

/** The table for a network, 80 columns wide. */
export function summaryOf(network: Network, tree: readonly LayerNode[]): string {
  const functional = network.kind === "Functional";
  const columns: readonly Column[] = functional
    ? [
      { title: "Layer (type)", width: 19 },
      { title: "Output Shape", width: 17 },
      { title: "Param #", width: 10, right: true },
      { title: "Connected to", width: 17 },
    ]
    : [
      { title: "Layer (type)", width: 31 },
      { title: "Output Shape", width: 22 },
      { title: "Param #", width: 13, right: true },
    ];
  const count = (node: LayerNode) => countOf(weightsBelow([node])).toLocaleString("en-US");
  const inputs = network.inputs.map((t, i) => [
    `${network.inputNames[i]} (InputLayer)`,
    shapesText([t.type]),
    "0",
    "-",
  ]);
  const layers = tree.map((node) => [
    `${node.name} (${node.layer.def.name})`,
    shapesText(node.outputs),
    count(node),
    connections(network, network.calls.filter((c) => c.layer === node.layer)),
  ]);
  const rows = (functional ? [...inputs, ...layers] : layers).map((r) => r.slice(0, columns.length));
  const all = weightsBelow(tree),
    trained = all.filter((w) => w.trainable),
    kept = all.filter((w) => !w.trainable);
  const total = (what: string, list: readonly WeightEntry[]) =>
    ` ${what}: ${countOf(list).toLocaleString("en-US")} (${bytesOf(list)})`;
  return [
    `Model: "${network.name}"`,
    ...table(columns, rows),
    total("Total params", all),
    total("Trainable params", trained),
    total("Non-trainable params", kept),
    "",
  ].join("\n");
}
