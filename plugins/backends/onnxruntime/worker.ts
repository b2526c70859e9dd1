/**
 * The program of the onnxruntime process: what it is asked for on its standard input it answers on the output, one thing after
 * the other. It waits for whole messages and copies nothing in between.
 * @module
 */
import { importEngine } from "./engine.ts";
import type { EngineSession, EngineTensor } from "./native.ts";
import { dataOf } from "./tensors.ts";
import { type Answer, pack, readMessage, type Request, wired } from "./wire.ts";

/** The part of Node's process that is used. */
interface Machine {
  readonly argv: readonly string[];
  getBuiltinModule(name: string): Files;
  exit(code: number): never;
}
/** The part of Node's files that is used. */
interface Files {
  readSync(file: number, into: Uint8Array): number;
  writeSync(file: number, from: Uint8Array): number;
}
const input = 0, output = 1;
/** Does it, again after a moment where the other side isn't ready yet; nothing at the end of a pipe. */
function whenReady(go: () => number): number {
  for (;;) {
    try {
      return go();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

async function main(machine: Machine): Promise<void> {
  // Whatever packages print would stand between the answers.
  console.log = console.info = console.error;
  const files = machine.getBuiltinModule(["node", "fs"].join(":"));
  const engine = importEngine(machine.argv[2] ?? ""), sessions = new Map<number, EngineSession>();
  let made = 0;
  // Whoever asks is told; nobody may have asked yet.
  engine.catch(() => {});
  const answer = (head: Answer, parts: readonly Uint8Array[] = []) => {
    for (const piece of pack({ head, parts })) {
      for (let at = 0; at < piece.length;) {
        at += whenReady(() => files.writeSync(output, piece.subarray(at)));
      }
    }
  };
  const sessionOf = (number: number): EngineSession => {
    const found = sessions.get(number);
    if (!found) throw new Error(`there is no session ${number}`);
    return found;
  };
  const handle = async (request: Request, parts: readonly Uint8Array[]): Promise<void> => {
    const { id } = request, { InferenceSession, Tensor } = await engine;
    if (request.ask === "create") {
      const session = await InferenceSession.create(request.path ?? parts[0] ?? "", request.options);
      sessions.set(++made, session);
      return answer({
        id,
        session: made,
        inputNames: [...session.inputNames],
        outputNames: [...session.outputNames],
      });
    }
    const session = sessionOf(request.session);
    if (request.ask === "release") {
      sessions.delete(request.session);
      await session.release();
      return answer({ id });
    }
    const feeds: Record<string, EngineTensor> = {};
    for (const [name, t] of Object.entries(request.feeds)) {
      feeds[name] = new Tensor(t.type, dataOf(t, parts), t.dims);
    }
    const results = await session.run(feeds), out: Uint8Array[] = [];
    const given = Object.entries(results).map(([name, t]) => [name, wired(t, out)] as const);
    answer({ id, results: Object.fromEntries(given) }, out);
  };
  const read = (into: Uint8Array, at: number) => whenReady(() => files.readSync(input, into.subarray(at)));
  for (let message = readMessage<Request>(read); message; message = readMessage<Request>(read)) {
    const { head, parts } = message;
    await handle(head, parts).catch((error) => {
      answer({ id: head.id, error: error instanceof Error ? error.message : String(error) });
    });
  }
  machine.exit(0);
}

void main(Reflect.get(globalThis, "process") as Machine);
