// @ts-check
/** What a model is fed in the page: a drawing, a picture, a text, a row of numbers. */
import { h, notice } from "./dom.js";
import { bytesOf } from "./draw.js";

/**
 * A canvas to draw on and a picture to choose; bytes of `[height, width, channels]` go out.
 * @param {readonly [number, number, number]} size
 * @param {import("../data.ts").Picture | undefined} first what it begins with
 * @param {(pixels: number[]) => void} onInput
 */
function imageInput([height, width, channels], first, onInput) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", {
    width,
    height,
    class: "draw",
    tabindex: 0,
    role: "img",
    "aria-label": "Drawing: draw with the mouse or a finger; arrow keys move the pen, Space draws",
  }));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const clear = () => {
    if (!context) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
  };
  const send = () => {
    if (!context) return;
    const { data } = context.getImageData(0, 0, width, height), pixels = [];
    for (let i = 0; i < width * height; i++) {
      if (channels === 3) pixels.push(data[4 * i] ?? 0, data[4 * i + 1] ?? 0, data[4 * i + 2] ?? 0);
      else {pixels.push(
          Math.round(
            0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0),
          ),
        );}
    }
    onInput(pixels);
  };
  clear();
  if (first && context) {
    const image = context.createImageData(width, height), bytes = bytesOf(first.pixels);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[channels === 3 ? 3 * i + c : i] ?? 0;
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
  /** @type {[number, number] | undefined} */
  let pen;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(send, 60);
  };
  const line = (/** @type {[number, number]} */ to) => {
    if (!context || !pen) return;
    context.strokeStyle = "#fff";
    context.lineWidth = Math.max(1.4, width / 13);
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...pen);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    pen = to;
    soon();
  };
  /** @param {PointerEvent} e @returns {[number, number]} */
  const at = (e) => {
    const box = canvas.getBoundingClientRect();
    return [((e.clientX - box.left) / box.width) * width, ((e.clientY - box.top) / box.height) * height];
  };
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    pen = at(e);
    line(pen);
  });
  canvas.addEventListener("pointermove", (e) => e.buttons > 0 && pen && line(at(e)));
  canvas.addEventListener("pointerup", () => pen = undefined);
  /** @type {[number, number]} */
  let key = [width / 2, height / 2];
  canvas.addEventListener("keydown", (e) => {
    const by =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], " ": [0, 0] }[e.key];
    if (!by) return;
    e.preventDefault();
    pen = [...key];
    key = [
      Math.max(0, Math.min(width, key[0] + (by[0] ?? 0))),
      Math.max(0, Math.min(height, key[1] + (by[1] ?? 0))),
    ];
    if (e.key === " " || e.shiftKey) line([...key]);
    pen = undefined;
  });
  const file = /** @type {HTMLInputElement} */ (h("input", {
    type: "file",
    accept: "image/*",
    onchange: async () => {
      const [chosen] = file.files ?? [];
      if (!chosen || !context) return;
      const picture = await createImageBitmap(chosen);
      clear();
      const scale = Math.max(width / picture.width, height / picture.height);
      context.drawImage(
        picture,
        (width - picture.width * scale) / 2,
        (height - picture.height * scale) / 2,
        picture.width * scale,
        picture.height * scale,
      );
      send();
    },
  }));
  return h(
    "div",
    { class: "view" },
    canvas,
    h(
      "div",
      { class: "toolbar" },
      h("button", {
        type: "button",
        onclick: () => {
          clear();
          send();
        },
      }, "Clear"),
      h("label", { class: "field" }, "Picture", file),
    ),
  );
}

/**
 * The form for a model's input.
 * @param {import("../data.ts").InputForm} form
 * @param {import("../data.ts").ActivationsData["input"]} first
 * @param {(options: Record<string, unknown>) => void} onInput
 */
export function inputForm(form, first, onInput) {
  if (form.kind === "image") {
    const [, a = 0, b, c] = form.shape.map(Number), side = Math.sqrt(a);
    const size = /** @type {[number, number, number]} */ (b === undefined ? [side, side, 1] : [a, b, c ?? 1]);
    return imageInput(size, first.picture, (pixels) => onInput({ pixels }));
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const soon = (/** @type {() => Record<string, unknown> | undefined} */ options) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const made = options();
      if (made) onInput(made);
    }, 80);
  };
  if (form.kind === "text") {
    const box = /** @type {HTMLTextAreaElement} */ (h("textarea", {
      spellcheck: "false",
      oninput: () => soon(() => ({ text: box.value })),
    }, first.text ?? ""));
    return h(
      "label",
      { class: "view" },
      h("span", { class: "quiet" }, "Text: the numbers follow as you type"),
      box,
    );
  }
  if (form.kind === "numbers") {
    const size = Number(form.shape[1]);
    const problem = h("p", { class: "quiet", role: "status" });
    const box = /** @type {HTMLTextAreaElement} */ (h("textarea", {
      spellcheck: "false",
      oninput: () =>
        soon(() => {
          const numbers = box.value.split(/[,;\s]+/).filter((t) => t !== "").map(Number);
          problem.textContent = numbers.length === size && numbers.every(Number.isFinite)
            ? ""
            : `expected ${size} numbers, got ${numbers.length}`;
          return problem.textContent === "" ? { numbers } : undefined;
        }),
    }, (first.numbers ?? []).map((n) => Number(n.toPrecision(6))).join(", ")));
    return h(
      "div",
      { class: "view" },
      h(
        "label",
        { class: "view" },
        h("span", { class: "quiet" }, `A row of ${size} numbers, as in a CSV file`),
        box,
      ),
      problem,
    );
  }
  return notice(form.why ?? "the samples given are shown");
}
