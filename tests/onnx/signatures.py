"""Writes io/onnx/signatures.ts: which element types each operator's inputs may have, from onnx's own schemas.

usage: python tests/onnx/signatures.py > io/onnx/signatures.ts   (onnx 1.23.2; deno fmt afterwards)
"""
import onnx.defs as defs

NAMES = {
    "float": "float32", "double": "float64", "float8e4m3fn": "float8e4m3fn",
}
NAMED = [
    ("floats", "float16 bfloat16 float32 float64"),
    ("ieee", "float16 float32 float64"),
    ("ints", "int8 int16 int32 int64 uint8 uint16 uint32 uint64"),
    ("whole", "int32 int64 uint32 uint64"),
    ("index", "int32 int64"),
    ("fours", "int4 uint4"),
    ("twos", "int2 uint2"),
    ("eights", "float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"),
    ("complex", "complex64 complex128"),
]
ALL = set()


def element(t):
    """The element type in tensor(…), None for what is no tensor."""
    if not t.startswith("tensor("):
        return None
    name = t[7:-1]
    return NAMES.get(name, name)


def described(schema):
    constraints = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    inputs, types = [], {}
    for p in schema.inputs:
        allowed = list(constraints.get(p.type_str, [p.type_str]))
        found = {element(t) for t in allowed}
        tensors = None if None in found else frozenset(found)
        many = p.option == defs.OpSchema.FormalParameterOption.Variadic
        group = p.type_str if p.type_str in constraints else None
        mark = "" if not many else "*" if p.is_homogeneous else "~"
        inputs.append((p.name, group, mark))
        types[group or p.name] = tensors
    return inputs, types


def shape_of(inputs):
    groups = []
    return [(groups.append(g) or groups.index(g) if g not in groups else groups.index(g)) if g else None for _, g, _ in inputs]


def text(kinds):
    left, parts = set(kinds), []
    if kinds >= ALL:
        return "any"
    for name, members in NAMED:
        group = set(members.split())
        if group <= left:
            parts.append(name)
            left -= group
    return " ".join(parts + sorted(left))


def main():
    versions = {}
    for s in defs.get_all_schemas_with_history():
        if s.domain in ("", "ai.onnx.ml") and not s.deprecated:
            versions.setdefault((s.domain, s.name), []).append(s)
    for s in versions[("", "Identity")]:
        for c in s.type_constraints:
            ALL.update(element(t) for t in c.allowed_type_strs if element(t))
    # What every element type of its day was.
    everything = {t for t in ALL if not t.startswith(("float8", "float4", "int4", "uint4", "int2", "uint2", "bfloat"))}
    lines = []
    for (domain, name), schemas in sorted(versions.items()):
        merged = []
        for s in sorted(schemas, key=lambda s: s.since_version):
            inputs, types = described(s)
            last = merged[-1] if merged else None
            same = last and shape_of(inputs)[:len(last[1])] == shape_of(last[1])[:len(inputs)] and \
                all(a[2] == b[2] for a, b in zip(inputs, last[1]))
            if not same:
                merged.append([s.since_version, inputs, types])
                continue
            since, old, before = last
            longer = inputs if len(inputs) >= len(old) else old
            union = {}
            for index, (param, group, _) in enumerate(longer):
                key = group or param
                kinds = []
                for ins, kind in ((inputs, types), (old, before)):
                    if index < len(ins):
                        kinds.append(kind[ins[index][1] or ins[index][0]])
                union[key] = None if None in kinds else frozenset().union(union.get(key) or (), *kinds)
            last[1], last[2] = longer, union
        rows = []
        for since, inputs, types in merged:
            if not inputs:
                continue
            letters, parts, sets = {}, [], []
            for param, group, mark in inputs:
                kinds = types[group or param]
                key = group or param
                if key not in letters:
                    letters[key] = chr(ord("A") + len(letters))
                    kinds = None if kinds is None else kinds
                    sets.append("*" if kinds is None else "any" if kinds >= everything else text(kinds))
                parts.append(f"{param}{mark}:{letters[key]}")
            if all(s == "*" for s in sets):
                continue
            rows.append((since, f"{' '.join(parts)} | {' | '.join(sets)}"))
        if rows:
            key = f'"{domain}.{name}"' if domain else name
            lines.append(f"  {key}: [{', '.join(f'[{since}, {q(row)}]' for since, row in rows)}],")
    print("""/**
 * Which element types each operator's inputs may have, as onnx 1.23.2 declares them: written by tests/onnx/signatures.py.
 * A row: the opset it begins with, and `name:group …`, then the types of group A, B, …; `*` after a name repeats it with one
 * type, `~` with any; a group of `*` may be no tensor.
 * @module
 */

/** Names of sets of element types. */
export const typeSets: Readonly<Record<string, string>> = {""")
    for name, members in NAMED:
        print(f"  {name}: {q(members)},")
    print("""};
/** Rows by operator, oldest first. */
export const signatures: Readonly<Record<string, readonly (readonly [since: number, row: string])[]>> = {""")
    print("\n".join(lines))
    print("};")


def q(s):
    return '"' + s + '"'


main()
