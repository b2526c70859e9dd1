import { testGradients } from "../../tests/support/gradients.ts";
import { samples } from "./compare.samples.ts";

testGradients(samples);
