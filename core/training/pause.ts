/** Lets timers, signals and servers of the same process run while a fit computes: no engine waits for the system by itself. @module */

/** Milliseconds of work between pauses. */
const stretch = 50;
/** Ends once whatever waits in the event loop has had its turn. */
function pause(): Promise<void> {
  // A page holds nested timers back; Deno looks at sockets and signals only between timers.
  if (Reflect.has(globalThis, "process")) return new Promise((done) => setTimeout(done));
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(undefined);
  });
}

/** Pauses often enough, and no oftener. */
export class Pauses {
  #last = performance.now();
  /** A pause where one is due. */
  async take(): Promise<void> {
    if (performance.now() - this.#last < stretch) return;
    await pause();
    this.#last = performance.now();
  }
}
