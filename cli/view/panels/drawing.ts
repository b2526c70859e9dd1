/** Graphs as drawings for papers: laid out by elkjs, written as SVG in light and dark, or as DOT. @module */
import { InputError } from "../../../mod.ts";
import { shapeText } from "../../terminal.ts";
import type { NetworkData, ValueGraph } from "../data.ts";
import { escapeHtml } from "../page.ts";

/** A box or circle with lines of text. */
export interface DrawnNode {
  readonly id: string;
  readonly lines: readonly string[];
  readonly kind: "input" | "output" | "layer" | "operator" | "parameter" | "value";
  /** The node that it stands inside. */
  readonly parent?: string;
}
/** A graph that can be drawn. */
export interface Drawn {
  readonly title: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** Layers with their types, output shapes and numbers of parameters; layers inside others stand in their boxes. */
export function drawnNetwork(title: string, data: NetworkData): Drawn {
  const known = new Set(data.nodes.map((n) => n.id));
  return {
    title,
    nodes: data.nodes.filter((n) => n.role !== "block").map((n) => ({
      id: n.id,
      kind: n.role === "input" || n.role === "output" ? n.role : n.role === "operator" ? "operator" : "layer",
      lines: [
        n.name,
        ...(n.name === n.type || n.role === "input" || n.role === "output" ? [] : [n.type]),
        ...n.shapes.slice(0, 2).map(shapeText),
        ...(n.count > 0 && n.role === "layer" ? [`${n.count.toLocaleString("en-US")} parameters`] : []),
      ],
      ...(n.parent !== undefined && !n.parent.startsWith("block:") && { parent: n.parent }),
    })),
    edges: data.edges.filter(([from, to]) => known.has(from) && known.has(to)).map((
      [from, to],
    ) => [from, to]),
  };
}
/** Values with label, shape, data and gradient; operators as circles. */
export function drawnValues(title: string, graph: ValueGraph): Drawn {
  return {
    title,
    nodes: graph.nodes.map((n) => ({
      id: n.id,
      kind: n.kind === "operator"
        ? "operator"
        : n.role === "data"
        ? "input"
        : n.role === "output"
        ? "output"
        : n.role === "parameter"
        ? "parameter"
        : "value",
      lines: n.kind === "operator" ? [n.label] : [
        n.label,
        ...(n.data !== undefined ? [`data ${n.data}`] : n.shape ? [shapeText(n.shape)] : []),
        ...(n.gradient !== undefined ? [`grad ${n.gradient}`] : []),
      ],
    })),
    edges: graph.edges,
  };
}

interface Laid {
  readonly id: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly children?: readonly Laid[];
}
interface Point {
  readonly x: number;
  readonly y: number;
}
interface LaidEdge {
  readonly container?: string;
  readonly sections?: readonly {
    readonly startPoint: Point;
    readonly endPoint: Point;
    readonly bendPoints?: readonly Point[];
  }[];
}
/** What elkjs is used for; its own types don't say that its module is a constructor. */
interface Layouter {
  layout(graph: unknown): Promise<Laid & { readonly edges?: readonly LaidEdge[] }>;
}

const letter = 7.3, line = 17, padding = 12;
const isCircle = (n: DrawnNode) => n.kind === "operator" && n.lines.length === 1;
function sizeOf(n: DrawnNode): { readonly width: number; readonly height: number } {
  const longest = Math.max(...n.lines.map((text) => [...text].length));
  if (isCircle(n)) return { width: Math.max(44, longest * letter + 18), height: 44 };
  return {
    width: Math.max(90, longest * letter + 2 * padding),
    height: n.lines.length * line + 2 * padding - 4,
  };
}

/** Nodes that one drawing holds at most. */
const most = 2000;

/** Lays a graph out, from the left to the right or downwards. */
async function layOut(drawn: Drawn, direction: "RIGHT" | "DOWN") {
  if (drawn.nodes.length > most) {
    throw new InputError(
      `${drawn.title}: a drawing of ${drawn.nodes.length} nodes is too large; ${most} at most`,
    );
  }
  const made = await import("elkjs/lib/elk.bundled.js") as unknown as {
    readonly default: new () => Layouter;
  };
  const inner = new Map<string | undefined, DrawnNode[]>();
  for (const n of drawn.nodes) inner.set(n.parent, [...inner.get(n.parent) ?? [], n]);
  const tree = (parent: string | undefined): unknown[] =>
    (inner.get(parent) ?? []).map((n) => {
      const size = sizeOf(n), children = tree(n.id);
      if (children.length === 0) return { id: n.id, ...size };
      const top = n.lines.length * line + padding;
      return {
        id: n.id,
        children,
        layoutOptions: {
          "elk.padding": `[top=${top},left=14,bottom=14,right=14]`,
          "elk.nodeSize.constraints": "MINIMUM_SIZE",
          "elk.nodeSize.minimum": `(${size.width},${size.height})`,
        },
      };
    });
  return await new made.default().layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction,
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.json.edgeCoords": "ROOT",
      "elk.layered.spacing.nodeNodeBetweenLayers": "36",
      "elk.spacing.nodeNode": "24",
      "elk.padding": "[top=16,left=16,bottom=16,right=16]",
    },
    children: tree(undefined),
    edges: drawn.edges.map(([from, to], i) => ({ id: `e${i}`, sources: [from], targets: [to] })),
  });
}

const schemes = {
  light:
    "svg{background:#fff}text{fill:#1b2430}.edge{stroke:#5b6675}.tip{fill:#5b6675}.input rect{fill:#e3f1e3;stroke:#2e7d32}.output rect{fill:#fbe4e4;stroke:#b3261e}.layer rect{fill:#e2ecfb;stroke:#0b5cad}.operator rect,.operator ellipse{fill:#fff3bf;stroke:#7a5d00}.parameter rect{fill:#ece4fa;stroke:#6a3fb5}.value rect{fill:#f4f5f7;stroke:#566272}.soft{fill:#4b5766}",
  dark:
    "svg{background:#12161c}text{fill:#e8edf4}.edge{stroke:#9aa6b5}.tip{fill:#9aa6b5}.input rect{fill:#1e3a22;stroke:#7bd88f}.output rect{fill:#47201f;stroke:#ff9b93}.layer rect{fill:#1c3350;stroke:#8cc4ff}.operator rect,.operator ellipse{fill:#433c12;stroke:#f0dc82}.parameter rect{fill:#33254f;stroke:#c3a6ff}.value rect{fill:#262c35;stroke:#a9b4c2}.soft{fill:#b9c3cf}",
} as const;
/** Which colours a drawing has: one scheme, or the reader's. */
export type Scheme = "auto" | "light" | "dark";
/** A drawing's style sheet. */
export function styleOf(scheme: Scheme, own: Readonly<Record<"light" | "dark", string>> = schemes): string {
  return scheme === "auto" ? `${own.light}@media(prefers-color-scheme:dark){${own.dark}}` : own[scheme];
}
const place = (n: number) => `${Number(n.toFixed(1))}`;

/** The drawing as SVG. @throws {InputError} for graphs of more than 2,000 nodes. */
export async function svgOf(
  drawn: Drawn,
  options: { readonly direction: "RIGHT" | "DOWN"; readonly scheme: Scheme },
): Promise<string> {
  const laid = await layOut(drawn, options.direction), nodes = new Map(drawn.nodes.map((n) => [n.id, n]));
  const boxes: string[] = [];
  const walk = (parent: Laid, x: number, y: number): void => {
    for (const child of parent.children ?? []) {
      const node = nodes.get(child.id), left = x + (child.x ?? 0), top = y + (child.y ?? 0);
      const { width = 0, height = 0 } = child;
      if (!node) continue;
      const holds = (child.children?.length ?? 0) > 0;
      const form = isCircle(node)
        ? `<ellipse cx="${place(left + width / 2)}" cy="${place(top + height / 2)}" rx="${
          place(width / 2)
        }" ry="${place(height / 2)}"/>`
        : `<rect x="${place(left)}" y="${place(top)}" width="${place(width)}" height="${
          place(height)
        }" rx="8"${holds ? ' fill-opacity="0.35"' : ""}/>`;
      const first = holds ? top + line : top + height / 2 - ((node.lines.length - 1) * line) / 2 + 4.5;
      const texts = node.lines.map((text, i) =>
        `<text x="${place(left + width / 2)}" y="${place(first + i * line)}"${
          i === 0 ? "" : ' class="soft"'
        }${i === 0 && !isCircle(node) ? ' font-weight="600"' : ""}>${escapeHtml(text)}</text>`
      );
      boxes.push(`<g class="${node.kind}">${form}${texts.join("")}</g>`);
      walk(child, left, top);
    }
  };
  walk(laid, 0, 0);
  const edges = (laid.edges ?? []).flatMap(({ sections = [] }) =>
    sections.map(({ startPoint, bendPoints = [], endPoint }) =>
      `<path class="edge" d="M${
        [startPoint, ...bendPoints, endPoint].map((p) => `${place(p.x)},${place(p.y)}`).join(" L")
      }" marker-end="url(#tip)"/>`
    )
  );
  const width = Math.ceil(laid.width ?? 0), height = Math.ceil(laid.height ?? 0);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" text-anchor="middle">
<title>${escapeHtml(drawn.title)}</title>
<style>${styleOf(options.scheme)}.edge{fill:none;stroke-width:1.4}rect,ellipse{stroke-width:1.4}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0,0 L8,4 L0,8 Z"/></marker></defs>
${[...boxes, ...edges].join("\n")}
</svg>
`;
}

const quoted = (text: string) =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
/** The drawing for Graphviz. */
export function dotOf(drawn: Drawn, direction: "RIGHT" | "DOWN"): string {
  const inner = new Map<string | undefined, DrawnNode[]>();
  for (const n of drawn.nodes) inner.set(n.parent, [...inner.get(n.parent) ?? [], n]);
  const fills = {
    input: "#e3f1e3",
    output: "#fbe4e4",
    layer: "#e2ecfb",
    operator: "#fff3bf",
    parameter: "#ece4fa",
    value: "#f4f5f7",
  };
  const write = (parent: string | undefined, indent: string): string[] =>
    (inner.get(parent) ?? []).flatMap((n) => {
      const own = `${indent}${quoted(n.id)} [label=${quoted(n.lines.join("\n"))}, shape=${
        isCircle(n) ? "ellipse" : "box"
      }, style="rounded,filled", fillcolor="${fills[n.kind]}"];`
        .replace(isCircle(n) ? '"rounded,filled"' : "", isCircle(n) ? "filled" : "");
      if (!inner.has(n.id)) return [own];
      return [
        `${indent}subgraph ${quoted(`cluster_${n.id}`)} {`,
        `${indent}  label=${quoted(n.lines[0] ?? "")};`,
        own.replace(indent, `${indent}  `),
        ...write(n.id, `${indent}  `),
        `${indent}}`,
      ];
    });
  return [
    `digraph ${quoted(drawn.title)} {`,
    `  rankdir=${direction === "RIGHT" ? "LR" : "TB"};`,
    '  node [fontname="Helvetica", fontsize=11];',
    ...write(undefined, "  "),
    ...drawn.edges.map(([from, to]) => `  ${quoted(from)} -> ${quoted(to)};`),
    "}",
    "",
  ].join("\n");
}
