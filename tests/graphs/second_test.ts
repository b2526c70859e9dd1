/** The second half of the seeds that every run checks. @module */
import { checkSeeds } from "./check.ts";

checkSeeds(101_000, 1000);
