#!/usr/bin/env python3
"""Checks a custody chain (sakimori-custody/1) without Sakimori: check_custody.py FILE [LINES DIGEST]. Python's own library only.

LINES and DIGEST are the number of lines and the SHA-256 of the last one as they stand on paper (groups and blanks do no harm).
"""
import hashlib, json, sys

def check(data, head=None):
    """Returns number and digest of the last line, or fails with the first line that is wrong."""
    lines = [line for line in data.split(b"\n") if line]
    digests = [hashlib.sha256(line).hexdigest() for line in lines]
    said = [json.loads(line) for line in lines]
    before, expected = "0" * 64, 1
    for at, (line, digest) in enumerate(zip(said, digests)):
        after = said[at + 1]["prev"] if at + 1 < len(said) else (head[1] if head else None)
        held = after == digest
        assert line["format"] == "sakimori-custody/1", f"line {expected} is of another format"
        if line["prev"] != before:
            assert not (line["n"] > expected and held), f"lines {expected} to {line['n'] - 1} are missing"
            assert not 0 < line["n"] < expected, f"a line was added at number {line['n']}"
            wrong = expected - 1 if line["n"] == expected and held and expected > 1 else expected
            raise AssertionError(f"line {wrong} is not what was written")
        assert line["n"] == expected, f"line {expected} is not what was written"
        before, expected = digest, expected + 1
    found = (expected - 1, before)
    if head and found != head:
        if found[0] < head[0]: raise AssertionError(f"lines {found[0] + 1} to {head[0]} are missing")
        if found[0] > head[0]: raise AssertionError(f"a line was added at number {head[0] + 1}")
        raise AssertionError("the last line, or the whole chain, is not the one whose digest is on paper")
    return found

if __name__ == "__main__":
    if not __debug__: sys.exit("run it without -O: the checks are assertions")
    paper = (int(sys.argv[2]), "".join(sys.argv[3:]).lower()) if len(sys.argv) > 3 else None
    n, digest = check(open(sys.argv[1], "rb").read(), paper)
    print(f"{n} lines are as they were written; SHA-256 of the last: {digest}" + ("" if paper else " (compare it with paper)"))
