"""Sends requests with the client that openapi-python-client generated. Arguments: address, token, document."""

import importlib
import json
import sys
import uuid

from generated import AuthenticatedClient
from generated.api.accounts import deposit_money, get_account, open_account
from generated.api.products import get_product, list_product
from generated.models import (
    DepositMoney,
    GatewayMessage,
    ListProduct,
    Money,
    OpenAccount,
    Problem,
    ResultAccountState,
)

base, token, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    document = json.load(file)

operations = 0
for item in document["paths"].values():
    for operation in item.values():
        name = operation["operationId"].replace("-", "_")
        module = importlib.import_module(f"generated.api.{operation['tags'][0]}.{name}")
        assert callable(module.sync_detailed), f"{name} can't be called"
        operations += 1

client = AuthenticatedClient(base_url=base, token=token)
run = uuid.uuid4().hex
account, product = f"account-{run}", f"product-{run}"
ten, five = Money(amount="10.00", currency="USD"), Money(amount="5.00", currency="USD")


def parsed(status, response):
    """Checks the status of an answer and returns its body."""
    assert response.status_code == status, f"{response.status_code}: {response.content!r}"
    return response.parsed


listed = list_product.sync_detailed(
    client=client, idempotency_key=f'"{run}"', body=ListProduct(product_id=product, name="Green tea", unit_price=ten)
)
assert parsed(201, listed).state.unit_price.amount == "10.00", listed.parsed
opened = open_account.sync_detailed(
    client=client, body=OpenAccount(account_id=account, owner_name="Ada Lovelace", initial_deposit=ten)
)
assert parsed(201, opened).version == 1
deposits = [
    deposit_money.sync_detailed(
        account, client=client, idempotency_key=key, occurred_at="2026-01-31T12:00:00Z", if_match='"1"',
        body=DepositMoney(amount=five),
    )
    for key in ("deposit", '"deposit"')  # a repeat in the other form of the key
]
for deposit in deposits:
    result = parsed(200, deposit)
    assert isinstance(result, ResultAccountState) and result.version == 2, result
after = deposits[0].headers["Consistency-Token"]
found = parsed(200, get_account.sync_detailed(account, client=client, consistency_token=after, prefer="wait=5"))
assert found.balance.amount == "15.00", found
shown = get_product.sync_detailed(product, client=client, after=listed.headers["Consistency-Token"], prefer="wait=5")
assert parsed(200, shown).unit_price.amount == "10.00", shown.parsed
missing = parsed(404, get_account.sync_detailed(f"none-{run}", client=client))
assert isinstance(missing, Problem) and missing.type_.endswith("/not-found"), missing
lost = parsed(404, get_account.sync_detailed("", client=client))  # no route: API Gateway answers itself
assert isinstance(lost, GatewayMessage) and lost.message == "Not Found", lost
print(f"{operations} operations generated; product, account, deposit and its repeat, queries with tokens, refusals")
