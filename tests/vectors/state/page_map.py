#!/usr/bin/env python3
"""Computes page_map.txt from docs/formats/state_hash.md alone.

Each line: the map's digest, then page:byte for every page, filled with that byte.
"""
import hashlib

ZERO = bytes(32)


def h(domain, *parts):
    name = domain.encode()
    return hashlib.sha256(bytes([len(name)]) + name + b"".join(parts)).digest()


def node(pages, level):
    """pages: {index below this node: fill}"""
    if level < 0:
        fill = pages[0]
        return ZERO if fill == 0 else h("icpd-page", bytes([fill]) * 4096)
    children = {}
    for index, fill in pages.items():
        children.setdefault(index >> (6 * level), {})[index & ((1 << (6 * level)) - 1)] = fill
    digests = {i: node(children[i], level - 1) for i in sorted(children)}
    kept = {i: d for i, d in digests.items() if d != ZERO}
    if not kept:
        return ZERO
    bitmap = sum(1 << i for i in kept)
    return h("icpd-page-node", bitmap.to_bytes(8, "big"), *kept.values())


MAPS = [
    {},
    {0: 1},
    {1: 1},
    {0: 1, 1: 0, 63: 2, 64: 3},
    {4095: 255, 4096: 255},
    {0: 7, 262143: 8, 262144: 9, (1 << 30) - 1: 10},
]
for pages in MAPS:
    print(node(pages, 4).hex(), *(f"{p}:{f}" for p, f in sorted(pages.items())))
