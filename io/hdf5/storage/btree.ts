/** Version 1 B-trees: a bounded walk over the leaves of group and chunk trees. @module */
import { Budget, type Cursor, type Source } from "../cursor.ts";

/** What a tree holds: node type 0 are groups, 1 chunks; a key's bytes depend on that. */
export interface TreeKind {
  readonly what: string;
  readonly type: 0 | 1;
  readonly keySize: number;
}

/**
 * Calls `visit` for each child of the level-0 nodes, in order, with a cursor on its left key and its address.
 * A node may be met once and a child's level is one less than its parent's, so that the walk ends.
 */
export function walkTree(
  source: Source,
  kind: TreeKind,
  root: number,
  visit: (key: Cursor, child: number) => void,
): void {
  const seen = new Set<number>(), budget = new Budget(source, `${kind.what}s`);
  const node = (address: number, expectedLevel: number | undefined): void => {
    const c = source.cursor(kind.what, address);
    c.signature("TREE");
    const type = c.u8(), level = c.u8(), count = c.u16();
    if (type !== kind.type) throw c.corrupt(`expected B-tree node type ${kind.type}, found ${type}`);
    if (seen.has(address)) throw c.corrupt("the B-tree node is met again: cycle");
    seen.add(address);
    if (expectedLevel !== undefined && level !== expectedLevel) {
      throw c.corrupt(`expected B-tree level ${expectedLevel}, found ${level}: cycle or corrupt`);
    }
    if (expectedLevel === undefined && level > source.limits.depth) {
      throw source.tooLarge(
        `${kind.what} has level ${level}, above ${source.limits.depth}: too deep`,
        address,
      );
    }
    c.skip(2 * source.offsetSize);
    budget.spend(count * (kind.keySize + source.offsetSize), address);
    for (let i = 0; i < count; i++) {
      const key = c.block(kind.what, kind.keySize);
      const child = c.address();
      if (child === undefined) throw c.corrupt(`child ${i} has no address`);
      if (level > 0) node(child, level - 1);
      else visit(key, child);
    }
  };
  node(root, undefined);
}
