/** The first half of the seeds that every run checks; a file of its own, so that two run at once. @module */
import { checkSeeds } from "./check.ts";

checkSeeds(100_000, 1000);
