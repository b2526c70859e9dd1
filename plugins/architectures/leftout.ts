/** Classes of KerasHub's that are not read, each with its reason. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { packages } from "./kit.ts";

/** Reasons by class. */
export const leftOut: Readonly<Record<string, string>> = {};

/** Their definitions, which say the reason when such a file is read. */
export const refused: readonly ArchitectureDef[] = Object.entries(leftOut).map(([name, reason]) => ({
  kind: "architecture",
  name,
  packages,
  network() {
    throw new UnsupportedError(
      `${name} is not supported: ${reason}; save it as ONNX in Python: model.export("model.onnx", format="onnx")`,
      { place: name },
    );
  },
}));
