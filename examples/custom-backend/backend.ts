/** A backend of one's own: graphs run on a device that answers later, so that nothing of it is read at once. @module */
import { type Graph, UnsupportedError } from "@lapis/lapis";
import { type BackendDef, checkCompile } from "@lapis/lapis/backends";
import { opName, typeOf } from "@lapis/lapis/graph";
import { Device } from "./device.ts";
import { DeviceSession, name } from "./session.ts";

/** @throws {UnsupportedError} for what the device's memory has no place for. */
function checkTensors(graph: Graph): void {
  for (const port of [...graph.inputs, ...graph.outputs]) {
    const { kind } = typeOf(graph, port.id);
    if (kind !== "tensor") {
      throw new UnsupportedError(`backend ${name}: ${port.name} is a ${kind}; expected a tensor`);
    }
  }
}

/** The backend of a device. */
export function delayedBackend(device: Device = new Device()): BackendDef {
  return {
    kind: "backend",
    name,
    summary: "an example: a device apart, which answers later",
    available: () => Promise.resolve(true),
    supports: () => true,
    compile(graph, options) {
      return Promise.resolve().then(() => {
        checkCompile(name, options);
        checkTensors(graph);
        // An operator that nobody knows is an error now, not at the first run.
        for (const node of graph.nodes) options.registry.get("op", opName(node));
        return new DeviceSession(device, graph, options);
      });
    },
  };
}
