/** Hashes of bytes to 64 bits, as TensorFlow computes them: FarmHash's fingerprint, SipHash, and fingerprints joined. @module */

const mask = (1n << 64n) - 1n;
const k0 = 0xc3a5c85c97cb3127n, k1 = 0xb492b66fbe98f273n, k2 = 0x9ae16a3b2f90404fn;
const u = (x: bigint): bigint => x & mask;
const rotate = (x: bigint, by: bigint): bigint => by === 0n ? x : u((x >> by) | (x << (64n - by)));
const shiftMix = (x: bigint): bigint => x ^ (x >> 47n);

function hash16(a: bigint, b: bigint, mul: bigint): bigint {
  const x = shiftMix(u((a ^ b) * mul));
  return u(shiftMix(u((b ^ x) * mul)) * mul);
}
type Pair = readonly [bigint, bigint];
/** 32 bytes and two seeds to two words. */
function weak32(f: (at: number) => bigint, at: number, a: bigint, b: bigint): Pair {
  const [w, x, y, z] = [f(at), f(at + 8), f(at + 16), f(at + 24)] as [bigint, bigint, bigint, bigint];
  const first = u(a + w), second = rotate(u(b + first + z), 21n), sum = u(first + x + y);
  return [u(sum + z), u(second + rotate(sum, 44n) + first)];
}

/** FarmHash's Fingerprint64 (Google 2014, `farmhashna`), the same on every machine. */
export function fingerprint64(bytes: Uint8Array): bigint {
  const n = bytes.length, len = BigInt(n), view = new DataView(bytes.buffer, bytes.byteOffset, n);
  const f = (at: number) => view.getBigUint64(at, true), mul = u(k2 + len * 2n);
  if (n > 64) return long(f, n);
  if (n > 32) {
    const a = u(f(0) * k2), b = f(8), c = u(f(n - 8) * mul), d = u(f(n - 16) * k2);
    const y = u(rotate(u(a + b), 43n) + rotate(c, 30n) + d),
      z = hash16(y, u(a + rotate(u(b + k2), 18n) + c), mul);
    const e = u(f(16) * mul), g = f(24), h = u((y + f(n - 32)) * mul), i = u((z + f(n - 24)) * mul);
    return hash16(u(rotate(u(e + g), 43n) + rotate(h, 30n) + i), u(e + rotate(u(g + a), 18n) + h), mul);
  }
  if (n > 16) {
    const a = u(f(0) * k1), b = f(8), c = u(f(n - 8) * mul), d = u(f(n - 16) * k2);
    return hash16(u(rotate(u(a + b), 43n) + rotate(c, 30n) + d), u(a + rotate(u(b + k2), 18n) + c), mul);
  }
  if (n >= 8) {
    const a = u(f(0) + k2), b = f(n - 8);
    return hash16(u(rotate(b, 37n) * mul + a), u((rotate(a, 25n) + b) * mul), mul);
  }
  if (n >= 4) {
    const half = (at: number) => BigInt(view.getUint32(at, true));
    return hash16(u(len + (half(0) << 3n)), half(n - 4), mul);
  }
  if (n === 0) return k2;
  const at = (i: number) => BigInt(bytes[i] ?? 0);
  const y = at(0) + (at(n >> 1) << 8n), z = len + (at(n - 1) << 2n);
  return u(shiftMix(u(y * k2) ^ u(z * k0)) * k2);
}
/** More than 64 bytes: blocks of 64, the last one counted from the end. */
function long(f: (at: number) => bigint, n: number): bigint {
  const seed = 81n, end = Math.floor((n - 1) / 64) * 64, rest = BigInt((n - 1) & 63);
  let x = u(seed * k2 + f(0)), y = u(seed * k1 + 113n), z = u(shiftMix(u(y * k2 + 113n)) * k2);
  let v: Pair = [0n, 0n], w: Pair = [0n, 0n];
  const round = (at: number, m: bigint, by: bigint) => {
    x = u(rotate(u(x + y + v[0] + f(at + 8)), 37n) * m);
    y = u(rotate(u(y + v[1] + f(at + 48)), 42n) * m);
    x ^= u(w[1] * by);
    y = u(y + v[0] * by + f(at + 40));
    z = u(rotate(u(z + w[0]), 33n) * m);
    v = weak32(f, at, u(v[1] * m), u(x + w[0]));
    w = weak32(f, at + 32, u(z + w[1]), u(y + f(at + 16)));
    [z, x] = [x, z];
  };
  for (let at = 0; at < end; at += 64) round(at, k1, 1n);
  const mul = u(k1 + ((z & 0xffn) << 1n)), last = n - 64;
  w = [u(w[0] + rest), w[1]];
  v = [u(v[0] + w[0]), v[1]];
  w = [u(w[0] + v[0]), w[1]];
  round(last, mul, 9n);
  return hash16(
    u(hash16(v[0], w[0], mul) + shiftMix(y) * k0 + z),
    u(hash16(v[1], w[1], mul) + x),
    mul,
  );
}

/** SipHash-2-4 (Aumasson and Bernstein 2012) under two words of a key. */
export function sipHash64(bytes: Uint8Array, key: readonly [bigint, bigint]): bigint {
  const n = bytes.length, view = new DataView(bytes.buffer, bytes.byteOffset, n);
  const [p, q] = [u(key[0]), u(key[1])];
  let a = p ^ 0x736f6d6570736575n,
    b = q ^ 0x646f72616e646f6dn,
    c = p ^ 0x6c7967656e657261n,
    d = q ^ 0x7465646279746573n;
  const rounds = (count: number) => {
    const left = (x: bigint, by: bigint) => rotate(x, 64n - by);
    for (let i = 0; i < count; i++) {
      a = u(a + b);
      b = left(b, 13n) ^ a;
      a = left(a, 32n);
      c = u(c + d);
      d = left(d, 16n) ^ c;
      a = u(a + d);
      d = left(d, 21n) ^ a;
      c = u(c + b);
      b = left(b, 17n) ^ c;
      c = left(c, 32n);
    }
  };
  const word = (m: bigint) => {
    d ^= m;
    rounds(2);
    a ^= m;
  };
  for (let at = 0; at + 8 <= n; at += 8) word(view.getBigUint64(at, true));
  let last = BigInt(n & 0xff) << 56n;
  for (let i = n & ~7; i < n; i++) last |= BigInt(bytes[i] ?? 0) << BigInt(8 * (i & 7));
  word(last);
  c ^= 0xffn;
  rounds(4);
  return a ^ b ^ c ^ d;
}

/** Two fingerprints as one, as TensorFlow's FingerprintCat64 joins them. */
export function joinFingerprints(first: bigint, second: bigint): bigint {
  const m = 0xc6a4a7935bd1e995n;
  const mixed = u((first ^ m ^ u(shiftMix(u(second * m)) * m)) * m);
  return shiftMix(u(shiftMix(mixed) * m));
}
