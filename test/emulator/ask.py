# Calls AWS for test/emulator: reads one question a line, writes one answer a line. One process serves all calls, since the
# AWS command line takes half a second to start. Bytes are {"base64": "..."}, a stream is
# text.
import base64
import json
import sys

import botocore.session
import jmespath



def read(value):
    return base64.b64decode(value["base64"]) if set(value) == {"base64"} else value


def write(value):
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else str(value)


session = botocore.session.get_session()
clients = {}
for line in sys.stdin:
    question = json.loads(line, object_hook=read)
    service, query = question["service"], question["query"]
    try:
        if service not in clients:
            clients[service] = session.create_client(service)
        client, operation = clients[service], question["operation"]
        if client.can_paginate(operation):
            answer = client.get_paginator(operation).paginate(**question["with"]).build_full_result()
        else:
            answer = getattr(client, operation)(**question["with"])
        answer = {name: value.read().decode() if hasattr(value, "read") else value for name, value in answer.items()}
        reply = {"answer": jmespath.search(query, answer) if query else None}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply, default=write), flush=True)
