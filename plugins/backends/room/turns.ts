/** One way to write what may have to wait: steps that go on at once where an answer is there, else once it comes. @module */

/** Steps that yield the answers they wait for, and return what they come to. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** An answer, waited for where it comes later. */
export function* told<T>(answer: T | Promise<T>): Steps<T> {
  return answer instanceof Promise ? (yield answer) as T : answer;
}
/** What steps come to: at once where nothing is waited for, else a promise. */
export function untilTold<T>(steps: Steps<T>): T | Promise<T> {
  const { done, value } = steps.next();
  return done ? value : later(steps, value);
}
async function later<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  let waiting = first;
  for (;;) {
    const { done, value } = await waiting.then((answer) => steps.next(answer), (error) => steps.throw(error));
    if (done) return value;
    waiting = value;
  }
}
