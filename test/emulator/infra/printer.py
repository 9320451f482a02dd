# Prints letters: a message is one, and the read table has the orders that it is about.
import os

import botocore.session


def handler(event, context):
    # Where the endpoint is an emulator's, SSL_CERT_FILE names its certificate.
    client = botocore.session.get_session().create_client("dynamodb", verify=os.environ.get("SSL_CERT_FILE"))
    rows = client.scan(TableName=os.environ["ORDERS_TABLE"])
    for record in event["Records"]:
        print(f"a letter to {record['body']}, one of {rows['Count']} rows")
