/** Embeddings that begin with word vectors from a file. @module */
import { InputError, type Model } from "../../mod.ts";
import { weightsBelow } from "../../public/plugins.ts";
import { embeddingMatrix, readWordVectors, tokensOf } from "../../public/text.ts";
import type { TextConfig } from "./config.ts";
import { rulesOf } from "../tokenrules.ts";

/**
 * Gives the model's first embedding as wide as the vectors their numbers, and tells how many words have one.
 * @throws {InputError} where no embedding has the vocabulary's rows and the vectors' width.
 */
export async function beginWithVectors(
  model: Model,
  file: string,
  words: TextConfig,
  vocabulary: readonly string[],
  texts: readonly string[],
): Promise<string> {
  const rules = rulesOf(words), tokens = texts.flatMap((text) => tokensOf(text, rules));
  const vectors = await readWordVectors(file, { words: new Set(vocabulary) });
  const { matrix, coverage } = embeddingMatrix(vectors, vocabulary, { tokens });
  const tables = weightsBelow(model.tree).filter((w) => w.param === "embeddings");
  const fit = tables.find((w) => `${w.shape}` === `${matrix.shape}`);
  if (!fit) {
    const there = tables.map((w) => `[${w.shape.join(", ")}]`).join(", ") || "none";
    throw new InputError(
      `${file}: no embedding of ${matrix.shape[0]} words and ${
        matrix.shape[1]
      } numbers; the model has ${there}`,
      { file },
    );
  }
  model.setWeight(fit.path, matrix);
  const share = (x = 0) => `${(100 * x).toFixed(1)} %`;
  return `${file}: ${coverage.found} of ${coverage.types} words have a vector (${
    share(coverage.typeShare)
  }), ` +
    `${share(coverage.tokenShare)} of the texts' tokens` +
    (vectors.duplicates.length > 0 ? `; ${vectors.duplicates.length} lines repeat a word` : "");
}
