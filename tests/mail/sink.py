"""A relay for tests: takes letters over SMTP on 127.0.0.1 and writes each as one line of JSON. `sink.py PORT FILE`.

An address that begins with `later` is refused for now the first time it is named, one that begins with `gone` for ever.
"""
import asyncio, base64, json, sys
from aiosmtpd.controller import Controller

seen = set()

class Sink:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 user unknown"
        if address.startswith("later") and address not in seen:
            seen.add(address)
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = base64.b64encode(envelope.original_content).decode()
        letter = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "content": content}
        with open(sys.argv[2], "a") as out:
            out.write(json.dumps(letter) + "\n")
        return "250 taken"

controller = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print("ready", flush=True)
asyncio.new_event_loop().run_forever()
