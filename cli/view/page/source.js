// @ts-check
/** Where data comes from: the server that serves the page, or script files beside it. */

/** True where a server answers; else the page was opened from a disk. */
export const isLive = document.documentElement.dataset.mode === "live";

/** @type {Map<string, Promise<unknown>>} */
const known = new Map();
/** @type {Map<string, (data: unknown) => void>} */
const waiting = new Map();
// A report's data files call this.
Object.assign(globalThis, {
  lapisData: (/** @type {string} */ name, /** @type {unknown} */ data) => waiting.get(name)?.(data),
});

/**
 * Loads a script file once.
 * @param {string} address
 * @returns {Promise<void>}
 */
export function script(address) {
  const before = known.get(address);
  if (before) return /** @type {Promise<void>} */ (before);
  const loading = new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = () => resolve(undefined);
    element.onerror = () => reject(new Error(`${address} can't be loaded`));
    document.head.append(element);
  });
  known.set(address, loading);
  return /** @type {Promise<void>} */ (loading);
}
/**
 * What a library's script has set.
 * @param {"ELK" | "cytoscape" | "uPlot"} name
 * @returns {any}
 */
export function library(name) {
  return /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis))[name];
}
/**
 * Loads a style sheet once.
 * @param {string} address
 */
export function styles(address) {
  if (known.has(address)) return;
  known.set(address, Promise.resolve());
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.prepend(link);
}

/**
 * Asks the server.
 * @param {string} name
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<any>}
 */
export async function ask(name, options = {}) {
  const response = await fetch(`api/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(options),
  });
  const answer = await response.json().catch(() => ({ error: response.statusText }));
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

/**
 * A view's data, read once.
 * @param {string} name
 * @returns {Promise<any>}
 */
export function get(name) {
  const before = known.get(`data:${name}`);
  if (before) return before;
  const answer = isLive ? ask(name) : new Promise((resolve, reject) => {
    waiting.set(name, (data) => {
      const problem = /** @type {{ error?: string } | null} */ (data)?.error;
      problem === undefined ? resolve(data) : reject(new Error(problem));
    });
    script(`data/${name}.js`).catch(reject);
  });
  known.set(`data:${name}`, answer);
  answer.catch(() => known.delete(`data:${name}`));
  return answer;
}
/**
 * Forgets a view's data, so that it is read anew.
 * @param {string} name
 */
export function forget(name) {
  known.delete(`data:${name}`);
}
/**
 * Listens for the server's news; gives what ends the listening.
 * @param {Record<string, (data: any) => void>} listeners
 */
export function listen(listeners) {
  const source = new EventSource("events");
  for (const [event, listener] of Object.entries(listeners)) {
    source.addEventListener(event, (message) => listener(JSON.parse(message.data)));
  }
  return () => source.close();
}
