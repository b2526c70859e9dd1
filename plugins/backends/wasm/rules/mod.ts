/** Which operators of a forward pass have rules of their own. @module */
import { convRules } from "./conv.ts";
import { gatherRules } from "./gather.ts";
import { layoutRules } from "../../room/rules/layout.ts";
import { matmulRules } from "./matmul.ts";
import { randomRules } from "./random.ts";
import { reduceRules } from "./reduce.ts";
import type { Rules } from "../../room/rules/rule.ts";
import { scanRules } from "../../room/rules/scan.ts";
import { spreadRules } from "./spread.ts";

/** Rules by operator; those of gradients are beside them in gradient.ts. */
export const forwardRules: Rules = {
  ...layoutRules,
  ...matmulRules,
  ...convRules,
  ...reduceRules,
  ...gatherRules,
  ...spreadRules,
  ...randomRules,
  ...scanRules,
};
