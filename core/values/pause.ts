/** Lets timers, signals and servers of the same process run while runs follow one another: no engine waits for the system by itself. @module */

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

/** Milliseconds without a run after which the caller counts as having given way itself. */
const gap = 20;

/** Pauses often enough, and no oftener. */
export class Pauses {
  /** When the loop last had its turn for certain, and when it had it unless the caller computed between its runs. */
  #last = performance.now();
  #likely = this.#last;
  #ended = this.#last;
  /** Tells that a run begins. */
  begin(): void {
    const now = performance.now();
    if (now - this.#ended > gap) this.#likely = now;
  }
  /** Tells that a run ended; a pause where one is due. */
  async end(): Promise<void> {
    this.#ended = performance.now();
    if (this.#ended - this.#likely >= stretch) await this.#pause();
  }
  /** A pause where one is due, between steps of a loop that computes between its runs as well. */
  async take(): Promise<void> {
    if (performance.now() - this.#last >= stretch) await this.#pause();
  }
  async #pause(): Promise<void> {
    await pause();
    this.#last = this.#likely = this.#ended = performance.now();
  }
}
