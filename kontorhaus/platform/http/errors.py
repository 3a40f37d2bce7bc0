"""What the edge itself refuses, before or after a room had its say.

Invalid (400)      BodyMalformed BodyInvalid BodyUnexpected QueryInvalid CursorInvalid
                   IdempotencyKeyMissing IdempotencyKeyInvalid IfMatchInvalid RequestMalformed
NotFound (404)     RouteNotFound ObjectNotFound
Denied (403)       ScopeMissing
Unavailable (503)  Draining DeadlineExceeded NotReady AddressInUse
EdgeError          the rest: each carries the status that HTTP has for it
"""

from __future__ import annotations

from typing import ClassVar

from kontorhaus.kernel.errors import Denied, DomainError, Invalid, NotFound, Unavailable

Headers = tuple[tuple[str, str], ...]


class EdgeError(DomainError):
    """An error of the protocol: no kind of the kernel stands for it, so it names its own status."""

    status: ClassVar[int]

    def headers(self) -> Headers:
        """Header fields that the status demands."""
        return ()


class RequestMalformed(Invalid):
    """The request line or a header field is not valid HTTP: an unreadable `Host` or `Content-Length`, for instance."""

    code = "request_malformed"
    title = "The request is not valid HTTP"


class BodyMalformed(Invalid):
    """The body is not JSON as RFC 8259 has it, in UTF-8 and without a byte order mark; or it is empty, or nested more
    than 64 levels deep. `errors` says where reading it stopped."""

    code = "body_malformed"
    title = "The body is not JSON"


class BodyInvalid(Invalid):
    """The body is JSON, and something in it is wrong. `errors` has a JSON pointer (RFC 6901) to each fault and says
    what would be right.

    A body must be an object. Unknown names, a name given twice, the character U+0000, half a surrogate pair, integers
    beyond ±9007199254740991 (2^53 - 1, RFC 7493) and an integer written as `5.0` or `1e2` are refused everywhere.
    """

    code = "body_invalid"
    title = "The body is wrong"


class BodyUnexpected(Invalid):
    """This operation takes no body. Send none, or an empty object."""

    code = "body_unexpected"
    title = "No body is expected"


class QueryInvalid(Invalid):
    """A parameter of the query is unknown, given twice, badly encoded or of a wrong form. `errors` names each."""

    code = "query_invalid"
    title = "The query is wrong"


class CursorInvalid(Invalid):
    """The cursor was not made by this list with these filters. Cursors are opaque: pass `next_cursor` on as it is, with
    the same filters, or begin without one."""

    code = "cursor_invalid"
    title = "The cursor does not belong to this list"


class IdempotencyKeyMissing(Invalid):
    """This operation changes something and needs an `Idempotency-Key`: a text of your choice, new for each new call
    and the same when you repeat one. So a call whose answer was lost can be repeated and has one effect."""

    code = "idempotency_key_missing"
    title = "An idempotency key is needed"


class IdempotencyKeyInvalid(Invalid):
    """`Idempotency-Key` is 1 to 255 printable ASCII characters without blanks, bare or in double quotes, once."""

    code = "idempotency_key_invalid"
    title = "The idempotency key has a wrong form"


class IfMatchInvalid(Invalid):
    """`If-Match` takes one strong entity tag as this API gave it in `ETag`, such as `"3-9f86d081884c7d65"`, or `*`."""

    code = "if_match_invalid"
    title = "The entity tag has a wrong form"


class RouteNotFound(NotFound):
    """There is nothing at this address. The API's addresses are in `/openapi.json`, readable at `/docs`."""

    code = "route_not_found"
    title = "No such address"


class ObjectNotFound(NotFound):
    """The id in the address is not one of this kind of object, so there is nothing it could stand for."""

    code = "object_not_found"
    title = "No such object"


class ScopeMissing(Denied):
    """The key is good but was not given the scope that this operation needs. `facts.scope` names it."""

    code = "scope_missing"
    title = "The key may not do this"


class DeadlineExceeded(Unavailable):
    """The answer was not ready in time, and what had not been committed was rolled back. Repeat the call, with the same
    idempotency key if it had one: then it has one effect, whatever became of the first."""

    code = "deadline_exceeded"
    title = "The answer took too long"
    retry_after_seconds = 2


class NotReady(Unavailable):
    """This process does not take requests now: its database is away, or it is about to stop."""

    code = "not_ready"
    title = "Not ready"


class AddressInUse(Unavailable):
    """Another process listens at the address. Stop it, or set KONTORHAUS_PORT to another port (0 takes a free one)."""

    code = "address_in_use"
    title = "The address is taken"


class CredentialsMissing(EdgeError):
    """The operation needs a key, and none came. Send `Authorization: Bearer sk_…`, or the key as the user name of HTTP
    Basic."""

    code = "credentials_missing"
    title = "A key is needed"
    status = 401

    def headers(self) -> Headers:
        return (("www-authenticate", 'Bearer realm="kontorhaus"'),)


class CredentialsInvalid(EdgeError):
    """The key is unknown, revoked or mistyped; which of them is not said."""

    code = "credentials_invalid"
    title = "The key is not valid"
    status = 401

    def headers(self) -> Headers:
        return (("www-authenticate", 'Bearer realm="kontorhaus", error="invalid_token"'),)


class MethodNotAllowed(EdgeError):
    """The address exists and does not take this method. The `Allow` header names those that it takes."""

    code = "method_not_allowed"
    title = "The address does not take this method"
    status = 405

    def headers(self) -> Headers:
        return (("allow", str(self.facts["allow"])),)


class NotAcceptable(EdgeError):
    """The `Accept` header rules out the media type of the answer, which `facts.media_type` names."""

    code = "not_acceptable"
    title = "The answer comes in another media type"
    status = 406


class BodyTooSlow(EdgeError):
    """The body did not arrive in time. Nothing was done."""

    code = "body_too_slow"
    title = "The body took too long"
    status = 408
    should_retry = True
    retry_after_seconds = 1


class BodyTooLarge(EdgeError):
    """The body is larger than this API reads; `facts.bytes_max` says how large it may be."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413


class MediaTypeUnsupported(EdgeError):
    """Bodies are `application/json` in UTF-8, not compressed. `charset=utf-8` may be given and no other parameter."""

    code = "media_type_unsupported"
    title = "The body is of another media type"
    status = 415

    def headers(self) -> Headers:
        # RFC 9110, 12.5.1 and 12.5.3: in an answer with 415 they say what would have been taken.
        return (("accept", "application/json"), ("accept-encoding", "identity"))


class ClientOutdated(EdgeError):
    """The app is older than the oldest that the organization still serves. Update it from its store."""

    code = "client_outdated"
    title = "The app must be updated"
    status = 426

    def headers(self) -> Headers:
        # RFC 9110, 15.5.22 demands an Upgrade header; what is to be upgraded is the client, so it stays at HTTP/1.1.
        return (("upgrade", "HTTP/1.1"),)


class IfMatchMissing(EdgeError):
    """A change needs `If-Match` with the `ETag` of what you read, so that you never overwrite what you have not seen;
    `*` changes it whatever it is now."""

    code = "if_match_missing"
    title = "Say which version you change"
    status = 428


class RateLimited(EdgeError):
    """Too many requests in a short time. Wait as long as `Retry-After` says, then go on more slowly."""

    code = "rate_limited"
    title = "Too many requests"
    status = 429
    should_retry = True
    retry_after_seconds = 1


class HeadTooLarge(EdgeError):
    """The request line and header fields together are larger than this API reads."""

    code = "head_too_large"
    title = "The header fields are too large"
    status = 431


class InternalError(EdgeError):
    """A mistake of ours. It is in our logs under the request id; nothing that was not answered before has changed
    because of this request, or the same idempotency key will find it finished."""

    code = "internal_error"
    title = "A mistake on our side"
    status = 500
    should_retry = True
    retry_after_seconds = 5
