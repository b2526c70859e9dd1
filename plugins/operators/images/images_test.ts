import assert from "node:assert/strict";
import { tensor } from "../../../core/values/tensor.ts";
import { results } from "../../../tests/support/judge.ts";

/** Pictures of 7×5 that Pillow 13 wrote, and the RGB that it reads out of them. */
const pictures: Readonly<Record<string, readonly [file: string, rgb: string]>> = {
  "png": [
    "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAAGklEQVR4nGNkYGBQYRBBQywMNiIMDOiIclEAFHMEgpHjIuMA" +
    "AAAASUVORK5CYII=",
    "AAAAJAAUSAAobAA8kABQtABk2AB4ADwUJDwoSDw8bDxQkDxktDx42DyMAHgoJHg8SHhQbHhkkHh4tHiM2HigALQ8JLRQSLRk" +
    "bLR4kLSMtLSg2LS0APBQJPBkSPB4bPCMkPCgtPC02PDI",
  ],
  "png palette": [
    "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAgMAAAD09B5LAAAADFBMVEVs0oJseGSiHmQkHh45IxvoAAAAF0lEQVR4nGP8t4rp" +
    "PwPTjQ0MDgwMDAwALpMEdW6WL0kAAAAASUVORK5CYII=",
    "JB4eJB4eJB4eoh5koh5koh5koh5kJB4eJB4eJB4ebHhkoh5koh5koh5kJB4ebHhkbHhkbHhkbHhkbHhkoh5kbHhkbNKCbNKC" +
    "bNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKC",
  ],
  "png gray alpha": [
    "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAQAAAAjkz5TAAAAF0lEQVR4nGNk+M/LgIAsagwoXFUG4mUBmXUDLVudrfMAAAAA" +
    "SUVORK5CYII=",
    "AAAADQ0NGhoaJycnNDQ0QUFBTk5OJiYmMzMzQEBATU1NWlpaZ2dndHR0S0tLWFhYZWVlcnJyf39/jIyMmZmZcXFxfn5+i4uL" +
    "mJiYpaWlsrKyv7+/lpaWo6OjsLCwvb29ysrK19fX5OTk",
  ],
  "jpeg 4:2:0": [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
    "LDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
    "MjIyMjIyMjIyMjIyMjL/wAARCAAFAAcDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAA" +
    "AgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6" +
    "Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG" +
    "x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREA" +
    "AgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5" +
    "OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPE" +
    "xcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDT8N/DvR9g+Xt/dFFFFcVGvU5F7xx5RmmM" +
    "+qR/eM//2Q==",
    "AAUAEgsBMQ0ZUwwseAtEmw9Ytg9pFTkVKj4lSkE8a0BRkT9ntEJ9zEOLEmsnKHI3R3RNaHNij3F5sXWPy3adH6pFNLFVVLRs" +
    "dLJ/m7KYvbSt1rW8I91YNuNnWOV9eeSSnuOqwee+2ufN",
  ],
  "jpeg progressive 4:2:2": [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
    "LDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
    "MjIyMjIyMjIyMjIyMjL/wgARCAAFAAcDASEAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAVAQEBAAAAAAAAAAAA" +
    "AAAAAAABA//aAAwDAQACEAMQAAABpTf/xAAXEAADAQAAAAAAAAAAAAAAAAAAAwQF/9oACAEBAAEFAps5J//EABkRAAEFAAAA" +
    "AAAAAAAAAAAAAAABAwQFE//aAAgBAwEBPwGJYO5If//EABcRAQADAAAAAAAAAAAAAAAAAAIAAxH/2gAIAQIBAT8BFyyf/8QA" +
    "FBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAGPwJ//8QAFxAAAwEAAAAAAAAAAAAAAAAAABExof/aAAgBAQABPyFCYf/aAAwD" +
    "AQACAAMAAAAQ3//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQMBAT8QS//EABURAQEAAAAAAAAAAAAAAAAAAAAR/9oACAEC" +
    "AQE/EIL/xAAXEAADAQAAAAAAAAAAAAAAAAAAEVFh/9oACAEBAAE/EEOIP//Z",
    "CwAAIQEOQAMkYwI4iAFOrARkxAZ0GzUaLzoqUD0/cjxWlztquz6A0j+PEG0mJXM1RXVLZ3RginR2rneMyHibEbM8J7lMR7xj" +
    "abp3j7qNsryjyr6yFuRRK+pfS+12buyLk+uht+63zu7F",
  ],
  "jpeg gray": [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
    "LDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAAFAAcBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgED" +
    "AwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RF" +
    "RkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJ" +
    "ytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/ANPw38O9H2D5e390V//Z",
    "AAAADAwMGRkZJSUlMjIyQUFBS0tLKioqNTU1Q0NDT09PXFxca2trdHR0SUlJVVVVYmJibm5ue3t7ioqKlJSUdXV1gYGBj4+P" +
    "mpqaqKiotra2wMDAlpaWoaGhr6+vu7u7yMjI19fX4ODg",
  ],
  "bmp": [
    "Qk2uAAAAAAAAADYAAAAoAAAABwAAAAUAAAABABgAAAAAAHgAAADEDgAAxA4AAAAAAAAAAAAAUPAAZPAkePBIjPBsoPCQtPC0" +
    "yPDYAAAAPLQAULQkZLRIeLRsjLSQoLS0tLTYAAAAKHgAPHgkUHhIZHhseHiQjHi0oHjYAAAAFDwAKDwkPDxIUDxsZDyQeDy0" +
    "jDzYAAAAAAAAFAAkKABIPABsUACQZAC0eADYAAAA",
    "AAAAJAAUSAAobAA8kABQtABk2AB4ADwUJDwoSDw8bDxQkDxktDx42DyMAHgoJHg8SHhQbHhkkHh4tHiM2HigALQ8JLRQSLRk" +
    "bLR4kLSMtLSg2LS0APBQJPBkSPB4bPCMkPCgtPC02PDI",
  ],
  "bmp palette": [
    "Qk1uAAAAAAAAAEYAAAAoAAAABwAAAAUAAAABAAgAAAAAACgAAADEDgAAxA4AAAQAAAAEAAAAgtJsAGR4bABkHqIAHh4kAAAA" +
    "AAAAAAAAAQAAAAAAAAADAQEBAQECAAMDAwECAgIAAwMDAgICAgA=",
    "JB4eJB4eJB4eoh5koh5koh5koh5kJB4eJB4eJB4ebHhkoh5koh5koh5kJB4ebHhkbHhkbHhkbHhkbHhkoh5kbHhkbNKCbNKC" +
    "bNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKCbNKC",
  ],
  "ppm": [
    "UDYKNyA1CjI1NQoAAAAkABRIAChsADyQAFC0AGTYAHgAPBQkPChIPDxsPFCQPGS0PHjYPIwAeCgkeDxIeFBseGSQeHi0eIzY" +
    "eKAAtDwktFBItGRstHiQtIy0tKDYtLQA8FAk8GRI8Hhs8IyQ8KC08LTY8Mg=",
    "AAAAJAAUSAAobAA8kABQtABk2AB4ADwUJDwoSDw8bDxQkDxktDx42DyMAHgoJHg8SHhQbHhkkHh4tHiM2HigALQ8JLRQSLRk" +
    "bLR4kLSMtLSg2LS0APBQJPBkSPB4bPCMkPCgtPC02PDI",
  ],
  "pbm": [
    "UDQKNyA1Cv7oqlCE",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA////AAAA////////AAAA////AAAA////AAAA////AAAA////AAAA////" +
    "AAAA////////////AAAA////////////////AAAA////",
  ],
  "tiff lzw": [
    "SUkqAHoAAACAACBCQABQkAAUGwADxIAAoLQAGRsAA8QsKCQeCgkDweGweFBIDwyLQeHhsDxGRQUCQ8DwkHgoGw8GRIHg8LQ8" +
    "IxsHhQACSCRaFAkLQyGycJBaIxaLRQNilgB4FASPAyEh4Hg2PBGJB4KBaPBaNh4MiAgKAAABAwABAAAABwAAAAEBAwABAAAA" +
    "BQAAAAIBAwADAAAA+AAAAAMBAwABAAAABQAAAAYBAwABAAAAAgAAABEBBAABAAAACAAAABUBAwABAAAAAwAAABYBAwABAAAA" +
    "BQAAABcBBAABAAAAcgAAABwBAwABAAAAAQAAAAAAAAAIAAgACAA=",
    "AAAAJAAUSAAobAA8kABQtABk2AB4ADwUJDwoSDw8bDxQkDxktDx42DyMAHgoJHg8SHhQbHhkkHh4tHiM2HigALQ8JLRQSLRk" +
    "bLR4kLSMtLSg2LS0APBQJPBkSPB4bPCMkPCgtPC02PDI",
  ],
  "tiff packbits gray": [
    "SUkqADAAAAAGAA0aJzRBTgYmM0BNWmd0BktYZXJ/jJkGcX6LmKWyvwaWo7C9ytfkCQAAAQMAAQAAAAcAAAABAQMAAQAAAAUA" +
    "AAACAQMAAQAAAAgAAAADAQMAAQAAAAWAAAAGAQMAAQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAAAUAAAAXAQQAAQAAACgA" +
    "AAAcAQMAAQAAAAEAAAAAAAAA",
    "AAAADQ0NGhoaJycnNDQ0QUFBTk5OJiYmMzMzQEBATU1NWlpaZ2dndHR0S0tLWFhYZWVlcnJyf39/jIyMmZmZcXFxfn5+i4uL" +
    "mJiYpaWlsrKyv7+/lpaWo6OjsLCwvb29ysrK19fX5OTk",
  ],
  "tiff deflate": [
    "SUkqAGQAAAB4nAXBMQFFIQwDwIh4EhgQEQEdEdERARHBUAmIiIgvARmV8O8ADHyBucHCMvJB4Dc4g9xcxTT1eKA5xNDaypKs" +
    "83RhDq9wbqt87Pts9Bqd0dp9qq/br39/I2Is2QoAAAEDAAEAAAAHAAAAAQEDAAEAAAAFAAAAAgEDAAMAAADiAAAAAwEDAAEA" +
    "AAAIAAAABgEDAAEAAAACAAAAEQEEAAEAAAAIAAAAFQEDAAEAAAADAAAAFgEDAAEAAAAFAAAAFwEEAAEAAABcAAAAHAEDAAEA" +
    "AAABAAAAAAAAAAgACAAIAA==",
    "AAAAJAAUSAAobAA8kABQtABk2AB4ADwUJDwoSDw8bDxQkDxktDx42DyMAHgoJHg8SHhQbHhkkHh4tHiM2HigALQ8JLRQSLRk" +
    "bLR4kLSMtLSg2LS0APBQJPBkSPB4bPCMkPCgtPC02PDI",
  ],
};
const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const decoded = async (bytes: Uint8Array, pixel_format = "RGB") => {
  const [picture] = await results("ImageDecoder", { pixel_format }, [tensor(bytes, [bytes.length], "uint8")]);
  return picture;
};

for (const [name, [file, rgb]] of Object.entries(pictures)) {
  Deno.test(`${name}: every pixel is the one that Pillow reads`, async () => {
    assert.deepEqual(await decoded(bytesOf(file)), tensor(bytesOf(rgb), [5, 7, 3], "uint8"));
  });
}
Deno.test("channels come in the order asked for", async () => {
  const red = bytesOf("UDYKMSAxCjI1NQr/CgA="); // P6, one pixel of 255, 10, 0
  assert.deepEqual(await decoded(red, "BGR"), tensor(Uint8Array.of(0, 10, 255), [1, 1, 3], "uint8"));
  assert.deepEqual(await decoded(red, "Grayscale"), tensor(Uint8Array.of(82), [1, 1, 1], "uint8"));
});
Deno.test("a damaged picture is empty, as the operator says; so is what is none", async () => {
  const empty = tensor(new Uint8Array(0), [0, 0, 3], "uint8");
  for (const [file] of Object.values(pictures)) {
    const bytes = bytesOf(file);
    assert.deepEqual(await decoded(bytes.subarray(0, 9)), empty);
  }
  assert.deepEqual(await decoded(Uint8Array.of(1, 2, 3)), empty);
});
Deno.test("no change of a byte makes more than a wrong picture or an error of ours", async () => {
  for (const [file] of Object.values(pictures)) {
    const bytes = bytesOf(file);
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 0xff);
      await decoded(changed).catch((error) =>
        assert.match(error.name, /^(Limit|Unsupported)Error$/, String(error))
      );
    }
  }
});
Deno.test("a declared size beyond the limits is refused before it is made", async () => {
  const huge = new TextEncoder().encode("P6\n100000 100000\n255\n");
  await assert.rejects(decoded(huge), { name: "LimitError", message: /100000×100000/ });
});
Deno.test("formats that aren't read say so", async () => {
  const webp = new TextEncoder().encode("RIFF\0\0\0\0WEBPVP8 ");
  await assert.rejects(decoded(webp), { name: "UnsupportedError", message: /WebP/ });
});
