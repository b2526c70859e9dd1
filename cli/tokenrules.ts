/** How texts become tokens, out of settings that say more. @module */
import type { TokenRules } from "../public/text.ts";

/** The rules alone. */
export function rulesOf({ standardize, split }: TokenRules = {}): TokenRules {
  return { ...(standardize && { standardize }), ...(split && { split }) };
}
