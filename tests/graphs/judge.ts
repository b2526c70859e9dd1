/** Runs a drawn model on the engines and in onnxruntime, several times, and says what differs. @module */
import { isFloat } from "../../core/values/dtype.ts";
import { LapisError } from "../../core/values/errors.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { isTensor, type RuntimeValue, type Tensor, toNumbers } from "../../core/values/tensor.ts";
import type { ModelProto } from "../../io/onnx/messages.ts";
import { readOnnx } from "../../io/onnx/reading/read.ts";
import { tensorToProto } from "../../io/onnx/tensors.ts";
import { registry } from "../../mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import type { BackendDef } from "../../core/graph/backend.ts";
import { type Contents, Dice } from "./dice.ts";
import type { Drawn } from "./generate.ts";
import { bytesOf } from "./models.ts";
import type { Oracle, Said } from "./oracle/mod.ts";
import { farther, type Spread, spreads } from "./spread.ts";

/** What is wrong with a model. */
export interface Finding {
  /** `wrong`: other numbers; `refused`: an error where onnxruntime runs it; `unstable`: another result the second time. */
  readonly kind: "wrong" | "refused" | "unstable" | "untyped";
  readonly engine: string;
  readonly run: string;
  readonly reason: string;
}
/** Who judged: onnxruntime, plain in float64, or nobody since both refuse. */
export type Judged = "onnxruntime" | "float64" | "nobody";
/** What came of a model. */
export interface Verdict {
  readonly findings: readonly Finding[];
  readonly judge: Judged;
  /** What onnxruntime said where it refused. */
  readonly said?: string;
  /** What is wanted on each of the model's feeds, where anybody knows. */
  readonly wanted: readonly Readonly<Record<string, RuntimeValue>>[];
}
type Feed = Readonly<Record<string, RuntimeValue>>;
interface Run {
  readonly name: string;
  readonly feed: Feed;
  readonly weights: ReadonlyMap<string, Tensor>;
}

const reasonOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Judges a model. */
export async function judge({ model, feeds }: Drawn, oracle: Oracle, seed = 1): Promise<Verdict> {
  const bytes = bytesOf(model),
    first = feeds[0] ?? {},
    second = feeds[1] ?? first,
    none = new Map<string, Tensor>();
  let graph: Graph;
  try {
    graph = readOnnx(bytes, { registry, file: "model.onnx" }).graph;
  } catch (error) {
    const said = await oracle.ask(bytes, feeds), ran = said.find((s) => "outputs" in s);
    if (!ran) return { findings: [], judge: "nobody", wanted: [], said: errorOf(said[0]) };
    return {
      findings: [{ kind: "refused", engine: "reader", run: "read", reason: reasonOf(error) }],
      judge: "onnxruntime",
      wanted: said.map((s) => ("outputs" in s ? s.outputs : {})),
    };
  }
  const written = otherWeights(graph, seed);
  const runs: Run[] = [
    { name: "first", feed: first, weights: none },
    { name: "again", feed: first, weights: none },
    { name: "other sizes", feed: second, weights: none },
    ...(written.size > 0 ? [{ name: "after a write", feed: first, weights: written }] : []),
  ];
  const said = await oracle.ask(bytes, [first, first, second]);
  if (written.size > 0) said.push(...await oracle.ask(bytesOf(withWeights(model, written)), [first]));
  const truths = runs.map((run, i) => truthOf(graph, run, said[i], 4));
  const findings: Finding[] = [];
  for (const engine of [wasm, plain]) findings.push(...await runAll(engine, graph, runs, truths));
  const kind = said.some((s) => "outputs" in s)
    ? "onnxruntime"
    : truths.some((t) => t.wanted)
    ? "float64"
    : "nobody";
  const refusal = said.map(errorOf).find((e) => e !== undefined);
  const wanted = [truths[0]?.wanted ?? {}, truths[2]?.wanted ?? {}];
  return { findings, judge: kind, wanted, ...(refusal !== undefined && { said: refusal }) };
}
const errorOf = (said: Said | undefined) => (said && "error" in said ? said.error : undefined);

/** What is wanted of a run, with how far it may be off. */
interface Truth {
  readonly wanted?: Readonly<Record<string, RuntimeValue>>;
  readonly spread: (times: number) => Readonly<Record<string, Spread>>;
  /** It is onnxruntime's. */
  readonly native: boolean;
  /** onnxruntime has no such operator, or crashed. */
  readonly unknown: boolean;
}
const lacks =
  /Could not find an implementation|No Op registered|onnxruntime crashed|NOT_IMPLEMENTED|is not a registered|can't be handed/;
function truthOf(graph: Graph, run: Run, said: Said | undefined, times: number): Truth {
  let found: { readonly times: number; readonly value: Readonly<Record<string, Spread>> } | undefined;
  const spread = (count: number) => {
    if (!found || found.times < count) {
      found = { times: count, value: spreads(graph, run.feed, run.weights, count) };
    }
    return found.value;
  };
  if (said && "outputs" in said) {
    // An output that a graph names twice or an input handed through keeps its own name in both.
    return {
      wanted: said.outputs,
      spread: (n) => attempt(() => spread(n)) ?? {},
      native: true,
      unknown: false,
    };
  }
  const own = attempt(() => spread(times));
  const wanted = own && Object.fromEntries(Object.entries(own).map(([name, s]) => [name, s.value]));
  return {
    ...(wanted && { wanted }),
    spread: (n) => attempt(() => spread(n)) ?? {},
    native: false,
    unknown: lacks.test(errorOf(said) ?? ""),
  };
}
function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}

async function runAll(
  engine: BackendDef,
  graph: Graph,
  runs: readonly Run[],
  truths: readonly Truth[],
): Promise<Finding[]> {
  const findings: Finding[] = [], name = engine.name;
  let before: Record<string, RuntimeValue> | undefined;
  const refuse = (run: string, error: unknown, truth: Truth | undefined) => {
    const untyped = !(error instanceof LapisError);
    // What onnxruntime knows and refuses too is no fault; neither is it plain's, which its own float64 form may outdo.
    const judged = truth?.wanted !== undefined && (truth.native || (truth.unknown && engine !== plain));
    if (judged || untyped) {
      findings.push({ kind: untyped ? "untyped" : "refused", engine: name, run, reason: reasonOf(error) });
    }
  };
  let session;
  try {
    session = await engine.compile(graph, { registry });
  } catch (error) {
    refuse("compile", error, truths.find((t) => t.wanted));
    return findings;
  }
  try {
    for (const [i, run] of runs.entries()) {
      const truth = truths[i];
      let got: Record<string, RuntimeValue>;
      try {
        for (const [weight, value] of run.weights) session.write(weight, value);
        got = await session.run(run.feed);
      } catch (error) {
        refuse(run.name, error, truth);
        continue;
      }
      if (!truth?.wanted) continue;
      for (const [output, want] of Object.entries(truth.wanted)) {
        let reason = farther(got[output], want, truth.spread(4)[output]);
        if (reason !== undefined) reason = farther(got[output], want, truth.spread(40)[output]);
        if (reason !== undefined) {
          findings.push({ kind: "wrong", engine: name, run: run.name, reason: `${output}: ${reason}` });
        }
      }
      if (run.name === "again" && before && !sameBits(before, got)) {
        findings.push({
          kind: "unstable",
          engine: name,
          run: run.name,
          reason: "another result than the first time",
        });
      }
      before ??= got;
    }
  } finally {
    session.close();
  }
  return findings;
}
function sameBits(
  a: Readonly<Record<string, RuntimeValue>>,
  b: Readonly<Record<string, RuntimeValue>>,
): boolean {
  return Object.entries(a).every(([name, x]) => {
    const y = b[name];
    if (!isTensor(x) || !y || !isTensor(y)) return true;
    return `${x.shape}` === `${y.shape}` &&
      Array.from(x.data as ArrayLike<unknown>).every((v, i) => Object.is(v, y.data[i]));
  });
}
/** New values for every weight. */
function otherWeights(graph: Graph, seed: number): ReadonlyMap<string, Tensor> {
  const dice = new Dice(seed), out = new Map<string, Tensor>();
  for (const { name, role, value } of graph.inputs) {
    if (role === "parameter" && value && isFloat(value.dtype)) {
      out.set(name, dice.tensor(value.shape, value.dtype, contentsOf(value)));
    }
  }
  return out;
}
/** What a weight held, as far as it matters: whole numbers may be indices, positive ones scales. */
function contentsOf(t: Tensor): Contents {
  const numbers = toNumbers(t);
  if (numbers.every((x) => Number.isInteger(x))) return "whole";
  if (numbers.every((x) => x > 0)) return "positive";
  return numbers.every((x) => Math.abs(x) < 1) ? "unit" : "normal";
}
function withWeights(model: ModelProto, weights: ReadonlyMap<string, Tensor>): ModelProto {
  const graph = model.graph ?? {};
  const initializer = (graph.initializer ?? []).map((t) => {
    const value = weights.get(t.name ?? "");
    return value ? tensorToProto(value, t.name) : t;
  });
  return { ...model, graph: { ...graph, initializer } };
}
