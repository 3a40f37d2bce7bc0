"""Signature schemes: published vectors, what they accept, and that no bytes of a stranger raise anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kontorhaus.platform.inbox import (
    Accepted,
    Delivery,
    Reason,
    Refused,
    Verifier,
    plain,
    standard,
    standard_secret_fits,
    stripe,
    stripe_secret_fits,
)
from kontorhaus.platform.inbox.model import HeldSecret, rotated, valid
from tests.platform.inbox.sender import stripe_signature

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def delivery(body: bytes, **headers: str | bytes) -> Delivery:
    encoded = [
        (name.replace("_", "-").encode(), value.encode() if isinstance(value, str) else value)
        for name, value in headers.items()
    ]
    return Delivery(tuple(encoded), body)


def any_event(found: Delivery, event_id: str = "evt_1") -> Accepted | None:
    return Accepted(event_id, "any") if found.body else None


STANDARD = standard(any_event)
PLAIN = plain(any_event, header="X-Hub-Signature-256", prefix="sha256=")
STRIPE = stripe()
STRIPE_EVENT = (
    b'{"id":"evt_1","type":"charge.captured","created":1763726400,"account":"acct_9",'
    b'"data":{"object":{"id":"ch_1","amount":1099}},"livemode":false}'
)


def test_the_vector_of_standard_webhooks() -> None:
    """The one that all its libraries test with."""
    secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    found = delivery(
        b'{"test": 2432232314}',
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        webhook_timestamp="1614265330",
        webhook_signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    at = datetime.fromtimestamp(1614265330, UTC)

    assert STANDARD(found, [secret], at) == Accepted("msg_p5jXN8AQM9LWM0D4loKWxJek", "any")
    assert STANDARD(found, [b"whsec_" + base64.b64encode(b"x" * 24)], at) == Refused(Reason.SIGNATURE_WRONG)
    assert STANDARD(found, [], at) == Refused(Reason.SIGNATURE_WRONG)
    assert STANDARD(found, [secret], at + timedelta(minutes=6)) == Refused(Reason.TIMESTAMP_OUTSIDE)
    assert standard_secret_fits(secret)


def test_standard_webhooks_signed_by_ed25519() -> None:
    private = Ed25519PrivateKey.generate()
    public = b"whpk_" + base64.b64encode(private.public_key().public_bytes_raw())
    sent, body = str(int(NOW.timestamp())), b'{"a":1}'
    signature = base64.b64encode(private.sign(b"msg_1." + sent.encode() + b"." + body)).decode()
    other = base64.b64encode(bytes(64)).decode()
    for field, expected in [
        (f"v1a,{signature}", Accepted("msg_1", "any")),
        (f"v1,{other} v1a,{other} v1a,{signature} v9,AAAA", Accepted("msg_1", "any")),
        (f"v1,{signature}", Refused(Reason.SIGNATURE_WRONG)),
        (f"v1a,{other}", Refused(Reason.SIGNATURE_WRONG)),
    ]:
        found = delivery(body, webhook_id="msg_1", webhook_timestamp=sent, webhook_signature=field)
        assert STANDARD(found, [public], NOW) == expected, field
    assert standard_secret_fits(public)
    assert not standard_secret_fits(b"whpk_AAAA")
    assert not standard_secret_fits(b"whsec_" + base64.b64encode(b"short"))


@pytest.mark.parametrize(
    "field",
    ["v1", "v1,", "v1,a,b", "v1,AAAA  v1,AAAA", "v1,=", "v1,é", " ".join(["v1,AAAA"] * 17), ",AAAA v1 "],
)
def test_standard_signatures_of_another_form(field: str) -> None:
    found = delivery(b"{}", webhook_id="m", webhook_timestamp="1614265330", webhook_signature=field)

    refused = STANDARD(found, [b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], NOW)
    assert refused in (Refused(Reason.SIGNATURE_MALFORMED), Refused(Reason.SIGNATURE_WRONG))


def test_an_id_with_a_dot_could_be_read_in_two_ways() -> None:
    found = delivery(b"{}", webhook_id="m.1", webhook_timestamp="1", webhook_signature="v1,AAAA")

    assert STANDARD(found, [], NOW) == Refused(Reason.SIGNATURE_MALFORMED)


def test_stripe_reads_what_it_needs() -> None:
    secret = b"whsec_0123456789abcdef"
    found = delivery(STRIPE_EVENT, stripe_signature=stripe_signature(STRIPE_EVENT, NOW, secret))

    accepted = STRIPE(found, [secret], NOW)
    assert accepted == Accepted(
        event_id="evt_1",
        kind="charge.captured",
        subject="acct_9 ch_1",
        sequence=1763726400,
        occurred_at=datetime.fromtimestamp(1763726400, UTC),
    )
    assert stripe_secret_fits(secret)
    assert not stripe_secret_fits(b"sk_test_0123456789abcdef")


def test_stripe_signs_with_both_while_a_secret_is_rolled() -> None:
    old, new = b"whsec_old_0123456789", b"whsec_new_0123456789"
    both = (
        stripe_signature(STRIPE_EVENT, NOW, old)
        + ","
        + stripe_signature(STRIPE_EVENT, NOW, new).split(",")[1]
    )
    for secrets in ([old], [new], [new, old]):
        assert isinstance(STRIPE(delivery(STRIPE_EVENT, stripe_signature=both), secrets, NOW), Accepted)
    only_v0 = both.replace("v1=", "v0=")
    assert STRIPE(delivery(STRIPE_EVENT, stripe_signature=only_v0), [old], NOW) == Refused(
        Reason.SIGNATURE_MALFORMED
    )


@pytest.mark.parametrize(
    "field", ["", "t=1", "v1=00", "t=1,t=2,v1=00", "t=1,v1=xyz", "t=1,v1=é", "t", "=,=", ",,"]
)
def test_stripe_signatures_of_another_form(field: str) -> None:
    assert STRIPE(delivery(b"{}", stripe_signature=field), [b"whsec_x"], NOW) == Refused(
        Reason.SIGNATURE_MALFORMED
    )


@pytest.mark.parametrize("sent", ["", "+1763726400", " 1763726400", "1763726400.5", "9" * 12, "١٧٦٣"])
def test_a_time_is_a_number_of_seconds(sent: str) -> None:
    secret = b"whsec_0123456789abcdef"
    signed = hmac.new(secret, sent.encode() + b"." + STRIPE_EVENT, hashlib.sha256).hexdigest()
    refused = STRIPE(delivery(STRIPE_EVENT, stripe_signature=f"t={sent},v1={signed}"), [secret], NOW)

    assert refused == Refused(Reason.TIMESTAMP_MALFORMED)


def test_why_a_time_is_refused_is_told_to_the_sender_alone() -> None:
    """Whoever does not hold the secret hears that the signature is wrong, whatever else is."""
    stale = delivery(STRIPE_EVENT, stripe_signature=f"t=1,v1={'00' * 32}")

    assert STRIPE(stale, [b"whsec_0123456789abcdef"], NOW) == Refused(Reason.SIGNATURE_WRONG)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_plain_hmacs(digest: str) -> None:
    secret, body = b"0123456789abcdef", b'{"a": 1}'
    verify = plain(any_event, header="X-Sign", digest=digest, encoding="base64")  # type: ignore[arg-type]
    good = base64.b64encode(hmac.digest(secret, body, digest)).decode()

    assert isinstance(verify(delivery(body, x_sign=good), [b"other", secret], NOW), Accepted)
    assert verify(delivery(body + b" ", x_sign=good), [secret], NOW) == Refused(Reason.SIGNATURE_WRONG)
    assert verify(delivery(body, x_sign="AAAA"), [secret], NOW) == Refused(Reason.SIGNATURE_MALFORMED)


def test_a_prefix_is_part_of_the_form() -> None:
    secret, body = b"0123456789abcdef", b"{}"
    good = hmac.new(secret, body, hashlib.sha256).hexdigest()

    assert isinstance(PLAIN(delivery(body, x_hub_signature_256=f"sha256={good}"), [secret], NOW), Accepted)
    assert PLAIN(delivery(body, x_hub_signature_256=good), [secret], NOW) == Refused(
        Reason.SIGNATURE_MALFORMED
    )


NAMES = ("stripe-signature", "webhook-id", "webhook-timestamp", "webhook-signature", "x-hub-signature-256")
PIECES = (
    b"t=",
    b"v1=",
    b"v1,",
    b"v1a,",
    b",",
    b" ",
    b".",
    b"=",
    b"\xff",
    b"\x00",
    b"AAAA",
    b"00" * 32,
    b"1763726400",
    b"sha256=",
)


@pytest.mark.parametrize("verify", [STANDARD, STRIPE, PLAIN])
def test_whatever_a_stranger_sends_it_is_answered(verify: Verifier) -> None:
    chance = random.Random(7)
    secrets = [b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b"whpk_" + base64.b64encode(bytes(32)), b"whsec_%"]
    for _ in range(3_000):
        fields = tuple(
            (chance.choice(NAMES).encode(), b"".join(chance.choices(PIECES, k=chance.randrange(6))))
            for _ in range(chance.randrange(6))
        )
        assert isinstance(verify(Delivery(fields, chance.randbytes(8)), secrets, NOW), Refused)


def test_a_secret_that_was_replaced_holds_until_its_overlap_is_over() -> None:
    first = [HeldSecret(b"1")]
    second = rotated(first, b"2", now=NOW, until=NOW + HOUR)
    assert valid(second, NOW) == [b"2", b"1"]
    assert valid(second, NOW + HOUR) == [b"2"]
    third = rotated(second, b"3", now=NOW, until=NOW + 2 * HOUR)
    assert valid(third, NOW + HOUR) == [b"3", b"2"], "a later rotation does not prolong the first one's"
    assert rotated(third, b"4", now=NOW, until=NOW) == [HeldSecret(b"4")]
    assert [one.secret for one in rotated(first, b"1", now=NOW, until=NOW + HOUR)] == [b"1"]
