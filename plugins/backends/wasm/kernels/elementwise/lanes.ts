/** Transcendental functions as helper kernels from a vector to a vector, for loops that call them. @module */

import type { Kernel } from "../../assembler/assembler.ts";
import { exp, log } from "./transcendental.ts";
import { Vectors } from "./vector.ts";

function lanes(key: string, build: (v: Vectors, x: number) => number): Kernel {
  return {
    key,
    args: ["x"],
    params: ["v128"],
    results: ["v128"],
    emit: (f) => f.get(build(new Vectors(f), 0)),
  };
}

/** e^x of four lanes. */
export function expLanes(): Kernel {
  return lanes("lanes exp", exp);
}
/** ln x of four lanes. */
export function logLanes(): Kernel {
  return lanes("lanes log", log);
}
