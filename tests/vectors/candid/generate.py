#!/usr/bin/env python3
"""Makes the vectors of this folder from the test data of the Candid specification.

usage: generate.py FOLDER-WITH-*.test.did

Each output line is a definition, `type NAME TYPE`, or an assertion, `LINE HEX RELATION OTHER TYPES`,
with tabs between the columns. RELATION is `yes` (decodes), `no` (doesn't), `eq` or `ne` (equal to
OTHER, which is `hex:...` or `text:...`). Assertions without a binary input are left out.
"""
import pathlib
import re
import sys

STRING = r'"(?:[^"\\]|\\.)*"'
ASSERT = re.compile(
    rf'assert\s+(blob\s+)?({STRING})\s*(==|!=|!:|:)\s*(?:(blob\s+)?({STRING})\s*:\s*)?(.*?)'
    rf'\s*({STRING})?;\s*$', re.S)


def unescape(quoted: str) -> bytes:
    out = bytearray()
    body = quoted[1:-1]
    i = 0
    while i < len(body):
        if body[i] != '\\':
            out += body[i].encode()
            i += 1
            continue
        if re.match(r'[0-9a-fA-F]{2}', body[i + 1:]):
            out.append(int(body[i + 1:i + 3], 16))
            i += 3
        else:
            out += {'n': b'\n', 't': b'\t', 'r': b'\r'}.get(body[i + 1], body[i + 1].encode())
            i += 2
    return bytes(out)


def statements(text: str):
    """(line, statement) for each, comments removed, strings kept."""
    token = re.compile(rf'{STRING}|/\*.*?\*/|//[^\n]*|.', re.S)
    current, line, start, depth = '', 1, 1, 0
    for match in token.finditer(text):
        part = match.group()
        if part.startswith(('/*', '//')):
            line += part.count('\n')
            continue
        if not current.strip():
            current, start = '', line
        current += part
        line += part.count('\n')
        depth += {'{': 1, '}': -1}.get(part, 0)
        if part == ';' and depth == 0:
            yield start, current.strip()
            current = ''


def convert(path: pathlib.Path) -> str:
    rows = []
    for line, statement in statements(path.read_text()):
        if statement.startswith('type'):
            name, body = re.match(r'type\s+(\w+)\s*=\s*(.*);$', statement, re.S).groups()
            rows.append(['type', name, ' '.join(body.split())])
            continue
        blob, text, relation, other_blob, other, types, _ = ASSERT.match(statement).groups()
        if not blob:
            continue
        relation = {'==': 'eq', '!=': 'ne', '!:': 'no', ':': 'yes'}[relation]
        shown = '-'
        if other:
            value = unescape(other)
            shown = 'hex:' + value.hex() if other_blob else 'text:' + value.decode()
        rows.append([str(line), unescape(text).hex(), relation, shown, ' '.join(types.split())])
    return ''.join('\t'.join(row) + '\n' for row in rows)


if __name__ == '__main__':
    for source in sorted(pathlib.Path(sys.argv[1]).glob('*.test.did')):
        target = pathlib.Path(__file__).parent / source.name.replace('.test.did', '.tsv')
        target.write_text(convert(source))
