# Sends a request with the rights of its role, and returns "done" or the error's code:
# {"service": "s3", "operation": "get_object", "with": {"Bucket": "b", "Key": "k"}}
import os

import botocore.exceptions
import botocore.session


def handler(event, context):
    # Where the endpoint is an emulator's, the variable names its certificate.
    client = botocore.session.get_session().create_client(event["service"], verify=os.environ.get("SSL_CERT_FILE"))
    try:
        getattr(client, event["operation"])(**event["with"])
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
