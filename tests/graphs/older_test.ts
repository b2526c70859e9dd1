/** Random graphs of opsets in which operators looked otherwise: attributes that are inputs today. @module */
import { checkSeeds } from "./check.ts";

for (const opset of [7, 8, 9, 10, 11, 12]) checkSeeds(20_001, 30, opset);
