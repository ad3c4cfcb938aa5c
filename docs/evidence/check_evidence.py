#!/usr/bin/env python3
"""Checks a Sakimori evidence file (version 1) without Sakimori: check_evidence.py FILE KEY. Needs only `cryptography`."""
import base64, hashlib, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def H(*parts): return hashlib.sha256(b"".join(parts)).digest()
def node(left, right): return H(b"\x01", left, right)
def sized(data): return len(data).to_bytes(4, "big") + data
def digests(path): return [bytes.fromhex(one) for one in path]

def note(text, vkey, algorithm=1):
    """Checks the signature of vkey (name+id+key) under a C2SP signed note; returns origin, size, root and the time (if any)."""
    name, _, key = vkey.split("+", 2)
    key = base64.b64decode(key)
    assert key[0] == algorithm, "another kind of key"
    body, lines = text.rsplit("\n\n", 1)
    for line in lines.splitlines():
        signer, blob = line.removeprefix("\u2014 ").rsplit(" ", 1)
        blob = base64.b64decode(blob)
        if signer == name and blob[:4] == H(name.encode() + b"\n" + key)[:4]:
            time = int.from_bytes(blob[4:12], "big") if algorithm == 4 else None
            said = f"cosignature/v1\ntime {time}\n".encode() if algorithm == 4 else b""
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[-64:], said + body.encode() + b"\n")
            origin, size, root = body.split("\n")[:3]
            assert algorithm == 4 or origin == name, "the note is about another log"
            return origin, int(size), base64.b64decode(root), time
    raise AssertionError("not signed by " + name)

def climb(at, last, path, first, second=None):
    """RFC 9162 2.1.3.2 and 2.1.4.2: the root above `first` (and, for a consistency proof, the older root beside it)."""
    older, newer = first, first if second is None else second
    for sibling in path:
        assert last > 0, "the path is too long"
        if at & 1 or at == last:
            older, newer = node(sibling, older), node(sibling, newer)
            while not at & 1 and at: at, last = at >> 1, last >> 1
        else:
            newer = node(newer, sibling)
        at, last = at >> 1, last >> 1
    assert last == 0, "the path is too short"
    return older, newer

def grown(old, new, path):
    """Checks that the tree `new` (size, root) begins with the tree `old`."""
    if old[0] == new[0]:
        assert old == new and not path, "other records"
        return
    assert 0 < old[0] < new[0], "the log became smaller"
    path = ([old[1]] if old[0] & (old[0] - 1) == 0 else []) + path
    at, last = old[0] - 1, new[0] - 1
    while at & 1: at, last = at >> 1, last >> 1
    assert climb(at, last, path[1:], path[0]) == (old[1], new[1]), "the log was rewritten"

def states(value, part):
    """Whether the record says somewhere that it has sealed exactly this part."""
    if isinstance(value, dict) and all(value.get(name) == part[name] for name in part): return True
    return any(states(one, part) for one in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else []))

def check(file, key):
    assert file["format"] == "sakimori-evidence" and file["version"] == 1, "another format"
    assert file["key"] == key, "another log's key"
    origin, size, root, _ = note(file["checkpoint"], key)
    records = {}
    for record in file["records"]:
        assert 0 <= record["n"] < size
        leaf = H(b"\x00", record["json"].encode())
        assert climb(record["n"], size - 1, digests(record["path"]), leaf)[1] == root, f"record {record['n']}"
        records[record["n"]] = json.loads(record["json"])
    for event in file["events"]:
        part, raw = event["part"], base64.b64decode(event["raw"])
        leaf = H(b"\x00", event["seq"].to_bytes(8, "big"), sized(event["source"].encode()),
                 event["received_at"].to_bytes(8, "big", signed=True), sized(raw))
        assert leaf.hex() == event["leaf"] and part["first_seq"] <= event["seq"] <= part["last_seq"], f"event {event['seq']}"
        assert set(part) == {"first_seq", "last_seq", "events", "root"} and 0 <= event["index"] < part["events"]
        top = climb(event["index"], part["events"] - 1, digests(event["path"]), leaf)[1]
        assert top.hex() == part["root"] and states(records[event["record"]], part), f"event {event['seq']}"
    print(f"{len(file['events'])} events are in the log {origin} of {size} records as they stand")
    for witness in file.get("witnesses", []):
        seen = note(witness["note"], key)
        _, _, _, time = note(witness["note"], witness["key"], algorithm=4)
        assert seen[0] == origin
        grown(seen[1:3], (size, root), digests(witness["path"]))
        print(f"{witness['key']} saw its first {seen[1]} records at {time} (Unix time)")

if __name__ == "__main__":
    if not __debug__: sys.exit("run it without -O: the checks are assertions")
    check(json.load(open(sys.argv[1], encoding="utf-8")), sys.argv[2])
