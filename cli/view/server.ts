/** Serves the page to this machine alone: one address with a token, Host and Origin checked, a strict content policy. @module */
import { Hono } from "hono";
import { InputError, LapisError } from "../../mod.ts";
import { pageFiles, pageHtml, policy } from "./page.ts";

/** What answers the page's questions: a name and its arguments to something that JSON can say. */
export type Answerer = (name: string, options: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** A running server. */
export interface ViewServer {
  /** The page's address, with its token. */
  readonly url: string;
  /** Tells every open page something. */
  send(event: string, data: unknown): void;
  /** Resolves once the server has ended. */
  readonly finished: Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
/** Questions are small, pictures drawn in the page the largest. */
const largestBody = 8 << 20;

/** Compares in a time that tells nothing of where two texts part. */
function sameText(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) different |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return different === 0;
}
function newToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(24)), (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
}
/** JSON without numbers that JSON can't say: they arrive as null. */
const jsonText = (value: unknown) => JSON.stringify(value);

/** The pages that listen for news. */
class Listeners {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();
  stream(): ReadableStream<Uint8Array> {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    return new ReadableStream({
      start: (controller) => {
        own = controller;
        this.#open.add(controller);
        controller.enqueue(this.#encoder.encode(": hello\n\n"));
      },
      cancel: () => {
        if (own) this.#open.delete(own);
      },
    });
  }
  send(event: string, data: unknown): void {
    const bytes = this.#encoder.encode(`event: ${event}\ndata: ${jsonText(data)}\n\n`);
    for (const controller of this.#open) controller.enqueue(bytes);
  }
  close(): void {
    for (const controller of this.#open) controller.close();
    this.#open.clear();
  }
}

/** The routes; `hosts` are the Host headers that are this server's. */
function routes(
  token: string,
  hosts: () => readonly string[],
  title: string,
  answer: Answerer,
  listeners: Listeners,
): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const host = c.req.header("host") ?? "", origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const [, given = ""] = new URL(c.req.url).pathname.split("/");
    const own = hosts();
    const allowed = own.includes(host) &&
      (origin === undefined || own.some((h) => origin === `http://${h}`)) &&
      (site === undefined || site === "same-origin" || site === "none") && sameText(given, token);
    if (!allowed) c.res = new Response("forbidden\n", { status: 403 });
    else await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.get(`/${token}`, (c) => c.redirect(`/${token}/`));
  app.get(`/${token}/`, (c) => c.html(pageHtml(title, false)));
  app.get(
    `/${token}/events`,
    () => new Response(listeners.stream(), { headers: { "content-type": "text/event-stream" } }),
  );
  app.post(`/${token}/api/:name`, async (c) => {
    if (c.req.header("content-type") !== "application/json") return c.text("expected JSON\n", 415);
    const text = await c.req.text();
    if (text.length > largestBody) return c.text("too large\n", 413);
    try {
      const options: unknown = JSON.parse(text);
      if (typeof options !== "object" || options === null || Array.isArray(options)) {
        throw new InputError("expected an object of options");
      }
      return c.body(jsonText(await answer(c.req.param("name"), options as Record<string, unknown>)), 200, {
        "content-type": "application/json; charset=utf-8",
      });
    } catch (error) {
      const known = error instanceof LapisError || error instanceof SyntaxError;
      const message = error instanceof Error ? error.message : String(error);
      return c.json({ error: message }, known ? 400 : 500);
    }
  });
  app.get(`/${token}/:file{.+}`, async (c) => {
    const name = c.req.param("file");
    const file = Object.hasOwn(pageFiles, name) ? await pageFiles[name]?.() : undefined;
    return file ? c.body(file.text, 200, { "content-type": file.type }) : c.text("not found\n", 404);
  });
  return app;
}

/**
 * Serves a page on 127.0.0.1, at `port` or any free one. Deno wants `--allow-net=127.0.0.1`.
 * @throws {InputError} where the port is taken.
 */
export function serveView(
  title: string,
  answer: Answerer,
  { port = 0 }: { readonly port?: number } = {},
): ViewServer {
  const token = newToken(), listeners = new Listeners();
  let hosts: readonly string[] = [];
  const app = routes(token, () => hosts, title, answer, listeners);
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, (request) => app.fetch(request));
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new InputError(`port ${port}: another program listens there`);
    }
    throw error;
  }
  const at = server.addr.port;
  hosts = [`127.0.0.1:${at}`, `localhost:${at}`];
  return {
    url: `http://127.0.0.1:${at}/${token}/`,
    send: (event, data) => listeners.send(event, data),
    finished: server.finished,
    close: async () => {
      listeners.close();
      await server.shutdown();
    },
  };
}
