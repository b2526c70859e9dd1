/** Validation with the moving average of the weights, as Keras' SwapEMAWeights has it. @module */
import { callbackFields, settingsOf, type SwapEmaOptions } from "./callbackfields.ts";
import type { Callback, FitRun } from "../../core/training/types.ts";

/**
 * Validates with the averages of an optimizer with `useEma` in place of the weights, which come back afterwards.
 * @throws {ConfigError} from the fit, where the optimizer keeps no averages.
 */
export function swapEmaWeights(options: SwapEmaOptions = {}): Callback {
  const { swapOnEpoch } = settingsOf("swapEmaWeights", callbackFields.swapEmaWeights, options);
  let swapped = false, resumed = false;
  const swap = async (run: FitRun, to: boolean) => {
    if (swapped !== to) await run.swapAverages();
    swapped = to;
  };
  return {
    name: "swapEmaWeights",
    onTrainBegin() {
      if (!resumed) swapped = false;
      resumed = false;
    },
    onEpochBegin: (_, run) => swap(run, false),
    onTestBegin: (run) => swap(run, true),
    onTestEnd: (run) => swap(run, false),
    async onEpochEnd(_, _logs, run) {
      if (swapOnEpoch) await swap(run, true);
    },
    // The fit itself ends with the averages in the weights' place.
    onTrainEnd: (_, run) => swap(run, false),
    state: () => ({ json: { swapped } }),
    restore({ json }) {
      swapped = json.swapped === true;
      resumed = true;
    },
  };
}
