/** Which operators have rules of their own. @module */
import { convRules } from "./conv.ts";
import { gatherRules } from "./gather.ts";
import { gradientRules } from "./gradient.ts";
import { layoutRules } from "./layout.ts";
import { matmulRules } from "./matmul.ts";
import { randomRules } from "./random.ts";
import { reduceRules } from "./reduce.ts";
import type { Rules } from "./rule.ts";
import { scanRules } from "./scan.ts";

/** Rules by operator. */
export const rules: Rules = {
  ...layoutRules,
  ...matmulRules,
  ...convRules,
  ...reduceRules,
  ...gatherRules,
  ...gradientRules,
  ...randomRules,
  ...scanRules,
};
