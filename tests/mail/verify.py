"""Verifies every DKIM signature of a message: `verify.py MESSAGE RECORDS`; RECORDS is JSON, name to value. Prints one word each."""
import json, sys, dkim

message = open(sys.argv[1], "rb").read()
records = json.load(open(sys.argv[2]))

def dns(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    return records.get(name.rstrip("."), "").encode()

def holds(message, n):
    try:
        return dkim.DKIM(message).verify(idx=n, dnsfunc=dns)
    except dkim.DKIMException:
        return False

body = message.replace(b"\r\n\r\n", b"\r\n\r\nQUFB", 1)
subject = message.replace(b"Subject: ", b"Subject: x ", 1)
for version in (message, body, subject):
    print(*[holds(version, n) for n in range(2)])
