/** The threshold of two classes: chosen on validation rows, kept in the model's file. @module */
import { InputError } from "../../mod.ts";
import { chooseThreshold, type ThresholdGoal } from "../../public/evaluation.ts";
import { textOption, UsageError } from "../command.ts";
import { evaluateOn } from "./evaluation.ts";
import type { Ready } from "./session.ts";

/** What a threshold may be chosen for. */
export const goals: readonly ThresholdGoal[] = ["f1", "accuracy", "balancedAccuracy"];

/** The goal that is asked for. @throws {UsageError} without validation rows, or for a model of more classes. */
export function goalFrom(
  options: Readonly<Record<string, unknown>>,
  { model, fitted, validation }: Ready,
): ThresholdGoal | undefined {
  const asked = textOption(options, "threshold"), goal = goals.find((name) => name === asked);
  if (goal === undefined) return undefined;
  const width = model.outputs[0]?.shape.at(-1);
  if (fitted.preparation.target !== "class" || (width !== 1 && width !== 2)) {
    throw new UsageError("--threshold: is for models of two classes");
  }
  if (!validation) {
    throw new UsageError(
      "--threshold: is chosen on validation rows: give --validation or --validation-split",
    );
  }
  return goal;
}

/** Chooses it. @throws {InputError} where the validation rows are of one class. */
export async function thresholdOn(
  { model, fitted, validation }: Ready,
  goal: ThresholdGoal,
): Promise<{ readonly threshold: number; readonly text: string }> {
  if (!validation) throw new InputError("--threshold: there are no validation rows");
  const options = { batchSize: 256, samples: 0, target: "class", labels: fitted.labels, bare: true } as const;
  const { scored } = await evaluateOn(model, validation, options);
  if (!scored) throw new InputError("--threshold: the model gives no probabilities");
  const { truth, scores } = scored;
  const { threshold, value } = chooseThreshold(truth, Array.from(truth, (_, row) => scores.at(row, 1)), goal);
  return {
    threshold,
    text: `threshold ${threshold.toFixed(4)}: ${goal} ${value.toFixed(4)} on the validation rows; ` +
      "predict and evaluate take it",
  };
}
