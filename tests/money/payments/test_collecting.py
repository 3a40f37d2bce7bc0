"""Create, confirm, capture, void: through the API, against the simulator."""

from __future__ import annotations

from tests.money.payments.conftest import Shop


async def test_a_payment_is_collected_posted_and_told(shop: Shop) -> None:
    payment = await shop.create(1099)
    assert payment["status"] == "requires_payment_method"

    done = await shop.confirm(payment)

    assert done.status == 200
    assert done.json["status"] == "captured"
    assert done.json["captured"] == {"amount": 1099, "currency": "EUR"}
    assert await shop.balance(shop.deposit) == 1099
    assert await shop.balance(shop.clearing) == 1099
    kinds = await shop.kinds(payment)
    assert kinds[:3] == ["payment.created", "payment.processing", "payment.captured"]
    assert await shop.charged() == [(1099, 1, 0)]
    (operation,) = await shop.operations(payment)
    assert operation["kind"] == "authorize"
    assert operation["status"] == "succeeded"
    assert operation["method"] == {"kind": "card", "brand": "visa", "last4": "4242"}


async def test_the_fee_is_posted_once_when_the_provider_names_it(shop: Shop) -> None:
    payment = await shop.paid(1099)

    await shop.refreshed(payment)
    await shop.refreshed(payment)

    fee = (await shop.read(payment))["fee"]["amount"]
    assert fee == 61  # 3.25 % and 0.25 of a card from overseas
    assert await shop.balance(shop.clearing) == 1099 - fee
    assert await shop.balance(f"fees:{shop.connection}") == fee
    assert (await shop.kinds(payment)).count("payment.fee_known") == 1


async def test_what_is_authorized_is_captured_once(shop: Shop) -> None:
    payment = await shop.paid(5000, capture_method="manual")
    assert payment["status"] == "authorized"
    assert payment["authorized"]["amount"] == 5000
    assert await shop.balance(shop.deposit) == 0

    taken = await shop.act(payment, "capture", {})
    again = await shop.act(payment, "capture", {})

    assert taken.json["status"] == "captured"
    assert (again.status, again.json["code"]) == (409, "payment_conflict")
    assert again.json["facts"]["status"] == "captured"
    assert await shop.balance(shop.deposit) == 5000
    assert await shop.charged() == [(5000, 1, 0)]


async def test_a_part_can_be_captured_and_the_rest_is_released(shop: Shop) -> None:
    payment = await shop.paid(5000, capture_method="manual")

    too_much = await shop.act(payment, "capture", {"amount": {"amount": 5001, "currency": "EUR"}})
    other = await shop.act(payment, "capture", {"amount": {"amount": 5000, "currency": "USD"}})
    taken = await shop.act(payment, "capture", {"amount": {"amount": 3000, "currency": "EUR"}})

    assert too_much.json["code"] == "payment_amount_exceeded"
    assert other.json["code"] == "payment_invalid"
    assert taken.json["captured"]["amount"] == 3000
    assert taken.json["authorized"]["amount"] == 0
    assert await shop.balance(shop.deposit) == 3000
    assert await shop.charged() == [(3000, 1, 0)]


async def test_what_is_authorized_can_be_voided(shop: Shop) -> None:
    payment = await shop.paid(5000, capture_method="manual")

    gone = await shop.act(payment, "void")

    assert (gone.json["status"], gone.json["ending"]) == ("canceled", "requested")
    assert (await shop.act(payment, "capture", {})).json["code"] == "payment_conflict"
    assert [taken for taken, _, _ in await shop.charged()] == [0]
    assert await shop.kinds(payment) == [
        "payment.created",
        "payment.processing",
        "payment.authorized",
        "payment.processing",
        "payment.canceled",
    ]


async def test_a_payment_that_the_provider_never_heard_of_is_voided_without_him(shop: Shop) -> None:
    payment = await shop.create()
    key = "void-it-once"

    gone = await shop.act(payment, "void", **{"idempotency-key": key})
    repeated = await shop.act(payment, "void", **{"idempotency-key": key})

    assert gone.json["status"] == "canceled"
    assert repeated.body == gone.body
    assert await shop.operations(payment) == []
    assert await shop.charged() == []


async def test_a_decline_says_what_may_be_tried_and_another_card_may_pay(shop: Shop) -> None:
    payment = await shop.create(2000)

    declined = await shop.confirm(payment, "pm_card_chargeDeclinedInsufficientFunds")
    assert declined.status == 200
    assert declined.json["status"] == "requires_payment_method"
    assert declined.json["error"]["code"] == "insufficient_funds"

    paid = await shop.confirm(payment, "pm_card_visa")
    assert paid.json["status"] == "captured"
    assert paid.json["error"] is None
    assert await shop.charged() == [(2000, 1, 0)]  # one intent, which is tried anew
    second, first = await shop.operations(payment)
    assert (first["status"], first["reason"]) == ("failed", "insufficient_funds")
    assert second["status"] == "succeeded"


async def test_a_method_that_is_none_is_refused_and_another_may_pay(shop: Shop) -> None:
    payment = await shop.create(2000)

    refused = await shop.confirm(payment, "pm_there_is_none")
    assert refused.json["status"] == "requires_payment_method"
    assert refused.json["error"]["code"] == "method"

    assert (await shop.confirm(payment)).json["status"] == "captured"


async def test_three_d_secure_leads_to_the_bank_and_back(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done?cart=7")

    asked = await shop.confirm(payment, "pm_card_threeDSecure2Required")
    assert asked.json["status"] == "requires_action"
    assert asked.json["action_url"].startswith(shop.sandbox.url)
    listed = (await shop.house.get("/v1/payments")).json["data"]
    assert [one["action_url"] for one in listed] == [None]

    back = await shop.authenticate(payment, "approve")
    came = await shop.follow(back)

    assert came.status == 303
    assert came.headers["location"] == (
        f"https://shop.example/done?cart=7&payment={payment['id']}&status=captured"
    )
    assert (await shop.read(payment))["action_url"] is None
    assert await shop.balance(shop.deposit) == 3000


async def test_who_fails_at_the_bank_may_try_again(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done")
    await shop.confirm(payment, "pm_card_threeDSecure2Required")

    came = await shop.follow(await shop.authenticate(payment, "fail"))

    assert came.headers["location"].endswith("status=requires_payment_method")
    failed = await shop.read(payment)
    assert failed["error"]["code"] == "authentication_failed"
    assert (await shop.confirm(payment)).json["status"] == "captured"
    assert await shop.charged() == [(3000, 1, 0)]


async def test_the_address_of_the_return_is_good_for_its_payment_alone(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done")
    other = await shop.create(3000, return_url="https://shop.example/done")
    await shop.confirm(payment, "pm_card_threeDSecure2Required")
    back = await shop.authenticate(payment, "approve")

    changed = await shop.follow(back.replace(payment["id"], other["id"]))
    broken = await shop.follow(back.split("token=")[0] + "token=abc")

    assert (changed.status, changed.json["code"]) == (422, "payment_return_invalid")
    assert (broken.status, broken.json["code"]) == (422, "payment_return_invalid")


async def test_the_same_key_pays_once_and_another_is_told_so(shop: Shop) -> None:
    payment = await shop.create(1500)

    first = await shop.confirm(payment, **{"idempotency-key": "one-key"})
    repeated = await shop.confirm(payment, **{"idempotency-key": "one-key"})
    other = await shop.confirm(payment, **{"idempotency-key": "another-key"})

    assert repeated.body == first.body
    assert repeated.headers["idempotency-replayed"] == "true"
    assert (other.status, other.json["code"]) == (409, "payment_conflict")
    assert other.json["facts"] | {"payment": ""} == {
        "payment": "",
        "status": "captured",
        "captured": 1500,
        "currency": "EUR",
    }
    assert await shop.charged() == [(1500, 1, 0)]


async def test_the_same_id_is_the_same_payment(shop: Shop) -> None:
    given = "pay_01kw4f5f2yfvarkbkczw01n3pm"
    first = await shop.create(1500, id=given)
    again = await shop.create(1500, id=given)
    body = {"id": given, "entity": shop.entity, "payer": shop.payer}
    other = await shop.house.post("/v1/payments", {**body, "amount": {"amount": 1501, "currency": "EUR"}})

    assert again == first
    assert (other.status, other.json["code"], other.json["facts"]["field"]) == (
        409,
        "payment_id_reused",
        "amount",
    )


async def test_what_cannot_be_collected_is_refused_when_it_is_created(shop: Shop) -> None:
    async def refused(**more: object) -> str:
        body = {"entity": shop.entity, "payer": shop.payer, "amount": {"amount": 100, "currency": "EUR"}}
        reply = await shop.house.post("/v1/payments", body | more)
        assert 400 <= reply.status < 500
        return str(reply.json["code"])

    assert await refused(amount={"amount": 0, "currency": "EUR"}) == "payment_invalid"
    assert await refused(amount={"amount": -1, "currency": "EUR"}) == "payment_invalid"
    assert await refused(amount={"amount": 100, "currency": "USD"}) == "payment_connection_unfit"
    assert await refused(payer=shop.entity.replace("pty_0", "pty_1")) == "party_not_found"
    assert await refused(entity=shop.payer) == "payment_connection_unclear"
    assert await refused(connection="conn_01kw4f5f2yfvarkbkczw01n3pm") == "payment_connection_not_found"
    assert await refused(expires_at="2020-01-01T00:00:00Z") == "payment_invalid"


async def test_a_card_number_is_no_method(shop: Shop) -> None:
    payment = await shop.create()

    reply = await shop.confirm(payment, "4242424242424242")

    assert reply.status == 400
    assert "4242424242424242" not in reply.body.decode()


async def test_lists_filter_and_page(shop: Shop) -> None:
    reference = "01890a5d-ac96-774b-bcce-b302099a8057"
    first = await shop.create(100, reference=reference)
    second = await shop.paid(200)

    async def ids(query: str) -> list[str]:
        return [one["id"] for one in (await shop.house.get(f"/v1/payments?{query}")).json["data"]]

    assert await ids(f"reference={reference}") == [first["id"]]
    assert await ids("status=captured") == [second["id"]]
    assert await ids(f"payer={shop.payer}") == [second["id"], first["id"]]
    assert await ids("limit=1") == [second["id"]]
    both = await shop.house.get(f"/v1/payments?status=captured&payer={shop.payer}")
    assert both.json["code"] == "payment_invalid"
