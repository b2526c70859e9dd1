/** Holds the import directions and habits of docs/design.md against the real import graph and syntax trees. @module */
import { deepEqual, ok } from "node:assert/strict";
import { type Import, importsOf, root, sourceFiles } from "../support/sources.ts";

const isTest = (path: string) => path.endsWith("_test.ts") || path.startsWith("tests/");
const files = await sourceFiles(
  "mod.ts",
  "inference.ts",
  "public",
  "core",
  "plugins",
  "io",
  "cli",
  "examples",
);
const product = files.filter((path) => !isTest(path));
const imports = (await importsOf(product)).filter(({ from }) => !isTest(from));

/** `core`, `io`, `plugins/layers`, `plugins/backends/wasm`, `cli`, or the file itself at the root. */
function unitOf(path: string): string {
  const parts = path.split("/");
  if (parts[0] !== "plugins") return parts[0] ?? path;
  return parts.slice(0, parts[1] === "backends" ? 3 : 2).join("/");
}
const isPackage = (to: string) => to.startsWith("npm:") || to.startsWith("jsr:");
/** Lines of a source file. */
const linesOf = async (path: string) => (await Deno.readTextFile(new URL(path, root))).trimEnd().split("\n");
const said = (broken: readonly Import[]) => broken.map(({ from, to }) => `${from} imports ${to}`);

Deno.test("the import graph is the real one", () => {
  deepEqual(imports.some(({ from, to }) => from === "mod.ts" && unitOf(to) === "core"), true);
});

Deno.test("core imports nothing outside core", () => {
  deepEqual(said(imports.filter(({ from, to }) => unitOf(from) === "core" && unitOf(to) !== "core")), []);
});

/** What backends share: views, lowering, memory, sessions. */
const room = "plugins/backends/room";

Deno.test("a backend imports core, the room and its own folder; the room imports core alone", () => {
  const backends = imports.filter(({ from }) => from.startsWith("plugins/backends/"));
  deepEqual(backends.some(({ from, to }) => unitOf(from) !== room && unitOf(to) === room), true);
  deepEqual(
    said(backends.filter(({ from, to }) => unitOf(from) === room && ![room, "core"].includes(unitOf(to)))),
    [],
  );
});

Deno.test("a plugin imports core, the files of io, its own folder and packages; backends the room, the onnxruntime one io/onnx, operators the pictures of io", () => {
  deepEqual(
    said(
      imports.filter(({ from, to }) =>
        from.startsWith("plugins/") && unitOf(to) !== "core" && unitOf(to) !== unitOf(from) &&
        !isPackage(to) && !to.startsWith("io/files/") &&
        !(from.startsWith("plugins/backends/") && unitOf(to) === room) &&
        !(from.startsWith("plugins/backends/contract/") && to === "node:assert/strict") &&
        !(from.startsWith("plugins/backends/onnxruntime/") && to.startsWith("io/onnx/")) &&
        !(from.startsWith("plugins/operators/") && to.startsWith("io/pictures/"))
      ),
    ),
    [],
  );
});

Deno.test("io imports core and packages", () => {
  deepEqual(
    said(
      imports.filter(({ from, to }) =>
        unitOf(from) === "io" && !["core", "io"].includes(unitOf(to)) && !isPackage(to)
      ),
    ),
    [],
  );
});

Deno.test("the command line and the examples use what is public", () => {
  deepEqual(
    said(
      imports.filter(({ from, to }) =>
        ["cli", "examples"].includes(unitOf(from)) &&
        ![unitOf(from), "mod.ts", "public"].includes(unitOf(to)) &&
        !["plugins/plots/mod.ts", "io/keras/mod.ts", "io/onnx/mod.ts"].includes(to) &&
        !isPackage(to) && !to.startsWith("node:")
      ),
    ),
    [],
  );
});

Deno.test("nothing that is published imports the command line, tests, bench or examples", () => {
  deepEqual(
    said(
      imports.filter(({ from, to }) =>
        !["cli", "examples"].includes(unitOf(from)) &&
        ["cli", "tests", "bench", "examples"].includes(unitOf(to))
      ),
    ),
    [],
  );
});

/** Files that import one another, straight or by way of others: Tarjan's strongly connected components. */
function circlesOf(among: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, dynamic } of among) {
    if (!dynamic && !to.includes(":")) next.set(from, [...next.get(from) ?? [], to]);
  }
  const order = new Map<string, number>();
  const path: string[] = [], found: string[][] = [];
  const visit = (file: string): number => {
    const number = order.size;
    let lowest = number;
    order.set(file, number);
    path.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (path.includes(to)) lowest = Math.min(lowest, order.get(to) ?? number);
    }
    if (lowest === number) found.push(path.splice(path.indexOf(file)));
    return lowest;
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found.filter((circle) => circle.length > 1);
}

Deno.test("no import cycle when types are erased", () => {
  deepEqual(circlesOf(imports.filter(({ typeOnly }) => !typeOnly)), []);
});

Deno.test("types counted, no circle of imports is of more than two files", () => {
  deepEqual(circlesOf(imports).filter((circle) => circle.length > 2), []);
});

/** The builder's methods, made of all operators' declarations. */
const generated = "core/graph/vocabulary.ts";
Deno.test("core without its operators and their generated vocabulary has at most 8,500 lines, comments included", async () => {
  const core = product.filter((path) =>
    path.startsWith("core/") && !path.startsWith("core/ops/") && path !== generated
  );
  const lines = (await Promise.all(core.map(linesOf))).flat();
  deepEqual(lines.length <= 8500, true, `${lines.length} lines`);
});

Deno.test("no file has more than 400 lines; no folder more than 22 files", async () => {
  const long: string[] = [], folders = new Map<string, number>();
  for (const path of product) {
    const { length } = await linesOf(path), folder = path.slice(0, path.lastIndexOf("/"));
    if (path !== generated && length > 400) long.push(`${path}: ${length}`);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  deepEqual(long, []);
  deepEqual([...folders].filter(([, count]) => count > 22), []);
});

/** Where Deno's own API may be used: everything else runs in Node, Bun and pages too. */
const mayUseDeno = (path: string) => isTest(path) || ["cli", "examples", "bench"].includes(unitOf(path));

/** Programs of their own, which nothing imports: what a worker runs. */
const isProgram = (path: string) => path.endsWith("/worker.ts") && !imports.some(({ to }) => to === path);

const habits: Deno.lint.Plugin = {
  name: "habits",
  rules: {
    "no-deno": {
      create: (context) => ({
        Identifier(node) {
          if (node.name === "Deno") context.report({ node, message: "uses Deno's API" });
        },
      }),
    },
    "no-any": {
      create: (context) => ({
        TSAnyKeyword: (node) => context.report({ node, message: "says any" }),
        TSNonNullExpression: (node) => context.report({ node, message: "asserts with !" }),
      }),
    },
    "silent-default": {
      create: (context) => ({
        "LogicalExpression[operator='??']": (node: Deno.lint.LogicalExpression) => {
          const { left, right } = node;
          const element = left.type === "MemberExpression" && left.computed &&
            !(left.property.type === "Literal" && typeof left.property.value === "string");
          const number = right.type === "Literal" && ["number", "bigint"].includes(typeof right.value);
          const none = right.type === "ArrayExpression" && right.elements.length === 0;
          if (element && (number || none)) context.report({ node, message: "an element or a number" });
        },
      }),
    },
    "no-effect": {
      create: (context) => ({
        "Program > ExpressionStatement": (node: Deno.lint.Node) =>
          context.report({ node, message: "does something when imported" }),
      }),
    },
  },
};

/**
 * How often an element that may be missing becomes a number or an empty list: defaults of options and of records, and what is
 * still to be read by `item` of `core/values/item.ts`, which says where one is missing. It may only fall.
 */
const defaults = 790;
Deno.test("habits: Deno's API stays in its places, no any, no !, no effect of an import, few elements by default", async () => {
  const broken: string[] = [];
  let silent = 0;
  for (const file of files) {
    const source = await Deno.readTextFile(new URL(file, root));
    for (const { id, message, range } of Deno.lint.runPlugin(habits, file, source)) {
      const rule = id.split("/").at(-1);
      if (rule === "silent-default") {
        if (!isTest(file) && !file.endsWith(".samples.ts")) silent++;
        continue;
      }
      if (rule === "no-deno" && mayUseDeno(file)) continue;
      if (rule === "no-effect" && (isTest(file) || unitOf(file) === "examples" || isProgram(file))) continue;
      broken.push(`${file}:${source.slice(0, range[0]).split("\n").length} ${message}`);
    }
  }
  deepEqual(broken, []);
  ok(silent <= defaults, `${silent} missing elements become a number, at most ${defaults} may`);
});
