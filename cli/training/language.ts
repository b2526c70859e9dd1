/** Long texts whose next tokens are the targets: how a model is fed them, and how well it tells them. @module */
import { type BatchSource, InputError, type Model, type Tensor } from "../../mod.ts";
import { sequenceBatches, sequenceLoss, sequenceWindows } from "../../public/sequences.ts";
import { count } from "../terminal.ts";

/** Samples and targets, or a source of both. */
export interface LanguageFeed {
  readonly x: Tensor | BatchSource;
  readonly y: Tensor | undefined;
}

/** Lanes for a model of a fixed batch, whose states go on from chunk to chunk; undefined for any other. */
function lanes(model: Model, tokens: Tensor, length: number) {
  const batchSize = model.inputs[0]?.shape[0];
  return typeof batchSize === "number" ? sequenceBatches(tokens, { batchSize, length, model }) : undefined;
}
/** What a model is trained on. @throws {InputError} for too short a text. */
export function languageFeed(model: Model, tokens: Tensor, length: number): LanguageFeed {
  const source = lanes(model, tokens, length);
  return source ? { x: source, y: undefined } : sequenceWindows(tokens, { length });
}

/** How well a model tells the tokens of a text. */
export interface LanguageEvaluation {
  /** Tokens that it had to tell. */
  readonly targets: number;
  /** The mean loss: nats a token for a cross-entropy. */
  readonly loss: number;
}
/** Runs a compiled model over a text. @throws {InputError} where it isn't compiled. */
export async function evaluateText(
  model: Model,
  tokens: Tensor,
  length: number,
): Promise<LanguageEvaluation> {
  if (!model.compiled) throw new InputError("the model isn't compiled: give --loss");
  const size = 32,
    source = lanes(model, tokens, length) ?? function* () {
      const { x, y } = sequenceWindows(tokens, { length }), rows = x.shape[0] ?? 0;
      for (let at = 0; at < rows; at += size) yield [cut(x, at, at + size), cut(y, at, at + size)] as const;
    };
  return await sequenceLoss(model, source);
}
function cut(t: Tensor, from: number, to: number): Tensor {
  const [rows = 0, width = 1] = t.shape, end = Math.min(to, rows);
  const data = t.data as Int32Array;
  return { ...t, shape: [end - from, width], data: data.subarray(from * width, end * width) };
}
/** The same in words. */
export function languageText({ targets, loss }: LanguageEvaluation, split: string): string {
  const what = split === "character" ? "character" : "token";
  return `${loss.toFixed(4)} nats a ${what} over ${count(targets)} ${what}s (perplexity ${
    Math.exp(loss).toFixed(2)
  })`;
}
