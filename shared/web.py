"""The place for HTTP as every service speaks it: problem documents, request context, health, metrics."""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics, telemetry, tracing
from shared.errors import InvalidInput, NotFound, TablematesError, Unauthorised
from shared.wording import wrong_in_words

log = structlog.get_logger()

PROBLEM = "application/problem+json"
TYPE_BASE = "https://tablemates.dev/problems/"
NOT_LOGGED = ("/healthz", "/readyz", "/metrics")
BODY_MOST = 1 << 20

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, else one sentence that says what is wrong."""

Page = Callable[[Request, int, dict[str, Any]], Response]
"""Renders a problem as a page for somebody in a browser."""


class BodyTooLarge(TablematesError):
    """The request is larger than this address takes."""

    code = "body_too_large"
    status = 413


def problem(status: int, code: str, sentence: str, **details: Any) -> dict[str, Any]:
    """An RFC 9457 problem document; `type` is stable, `detail` is the sentence."""
    return {
        "type": TYPE_BASE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": sentence,
        **details,
    }


def problem_of(error: Exception) -> dict[str, Any]:
    """The problem document for anything that can go wrong; what is unexpected says nothing of its inside."""
    if isinstance(error, TablematesError):
        return problem(error.status, error.code, error.sentence, **error.details)
    if isinstance(error, RequestValidationError):
        return _problem_of_input(error)
    if isinstance(error, HTTPException):
        return _problem_of_route(error)
    return problem(500, "internal_error", "Something went wrong on our side; it was noted, and nothing was changed.")


def _problem_of_route(error: HTTPException) -> dict[str, Any]:
    """What the routing itself refuses: there is no such address, or it does not take that method."""
    if error.status_code == NotFound.status:
        return problem_of(NotFound())
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        sentence = f"This address takes {allowed} only." if allowed else "This address does not take that method."
        return problem(error.status_code, code, sentence)
    return problem(error.status_code, code, str(error.detail))


def rendered(error: TablematesError) -> Response:
    """The answer to a program for what could not be done."""
    return _answer_of(problem_of(error))


def _answer_of(document: dict[str, Any]) -> Response:
    headers = {"Retry-After": "1"} if document["status"] in (429, 503) else None
    return JSONResponse(document, document["status"], headers, PROBLEM)


def _problem_of_input(error: RequestValidationError) -> dict[str, Any]:
    errors = [_input_error(item) for item in error.errors()]
    sentence = "; ".join(
        f"{item['field']}: {item['problem']}" if item["field"] else item["problem"] for item in errors[:5]
    )
    return problem(422, InvalidInput.code, f"{sentence}." if sentence else str(InvalidInput()), errors=errors)


def _input_error(item: Any) -> dict[str, str]:
    places = [str(place) for place in item["loc"] if place not in ("body", "query", "path", "header")]
    if item["type"] == "json_invalid":
        return {"field": "", "problem": "The body is not JSON"}
    if not places:
        return {"field": "", "problem": "The body must be a JSON object, sent as application/json"}
    return {"field": ".".join(places), "problem": wrong_in_words(item)}


def wants_page(request: Request) -> bool:
    """Whether a person in a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def create_app(
    *,
    title: str,
    service: str,
    description: str = "",
    checks: Sequence[Check] = (),
    numbers: Callable[[], Awaitable[metrics.Numbers]] | None = None,
    page: Page | None = None,
    large_bodies: Sequence[str] = (),
    shortcuts: Sequence[Middleware] = (),
) -> FastAPI:
    """A FastAPI application with what every service shares.

    `checks` answer `/readyz`, `numbers` are read at each scrape of `/metrics`, `page` renders problems for browsers.
    `large_bodies` are the ends of paths that bound their own bodies, with `body_within`. `shortcuts` answer some
    requests without the routes.
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        telemetry=TelemetryConfig(tracing=False, metrics=False, logs=False),  # shared.telemetry has the spans
        middleware=[Middleware(RequestContext, service=service, large_bodies=large_bodies), *shortcuts],
    )

    async def render(request: Request, error: Exception) -> Response:
        document = problem_of(error)
        if document["status"] >= 500 and not isinstance(error, TablematesError):
            log.error("request.failed", path_template=_route(request.scope), exc_info=error)
        if page and wants_page(request):
            return page(request, document["status"], document)
        return _answer_of(document)

    for kind in (TablematesError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, render)

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        wrong = [sentence for check in checks if (sentence := await check()) is not None]
        return JSONResponse({"status": "not ready" if wrong else "ok", "problems": wrong}, 503 if wrong else 200)

    @app.get("/metrics", include_in_schema=False)
    async def scrape() -> Response:
        collectors = []
        if numbers:
            read = await numbers()
            collectors.append(metrics.StoreNumbers(service, lambda: read))
        return Response(metrics.exposition(*collectors), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


def bearer(request: Request) -> str:
    """The token in `Authorization: Bearer TOKEN`. Raises Unauthorised."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorised("This needs the token of a personal link: send it as `Authorization: Bearer TOKEN`.")
    return token.strip()


class RequestContext:
    """ASGI middleware: a request's trace and correlation id, its body's bound, one line and its time when done."""

    def __init__(self, app: ASGIApp, *, service: str, large_bodies: Sequence[str] = ()) -> None:
        self._app, self._service, self._large = app, service, tuple(large_bodies)
        self._times_of = lru_cache(maxsize=1024)(partial(metrics.REQUESTS.labels, service))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        caller = tracing.readable_traceparent(_text(headers.get(b"traceparent")))
        traceparent = caller or tracing.new_traceparent()
        correlation_id = tracing.readable_correlation_id(_text(headers.get(b"x-correlation-id")))
        context = tracing.Context(traceparent, correlation_id or traceparent[3:35])
        status, started = 500, time.perf_counter()

        async def remember(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-correlation-id", str(context.correlation_id).encode())]
            await send(message)

        with tracing.acting_in(context), telemetry.request_span(scope["method"], is_root=caller is None):
            try:
                if self._too_large(scope, headers):
                    await _refuse(scope, receive, remember)
                else:
                    await self._app(scope, receive, remember)
            finally:
                self._note(scope, status, time.perf_counter() - started)

    def _too_large(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        length = headers.get(b"content-length", b"0")
        unknown = b"transfer-encoding" in headers  # a body without a length is for addresses that bound it themselves
        large = not length.isdigit() or int(length) > BODY_MOST or unknown
        return large and not scope["path"].endswith(self._large or ("\0",))

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        telemetry.name_span(f"{scope['method']} {route}")
        if route in NOT_LOGGED:
            return
        self._times_of(scope["method"], route, str(status)).observe(seconds)
        log.info("request.answered", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = BodyTooLarge(f"The request must say its length, and be no larger than {BODY_MOST:,} bytes.")
    answer = JSONResponse(problem_of(error), error.status, {"Connection": "close"}, PROBLEM)
    await answer(scope, receive, send)


def _text(header: bytes | None) -> str | None:
    return header.decode("latin-1") if header else None


def _route(scope: Scope) -> str:
    """The route's template: links and ids in a path are a person's, and stay out of logs and labels."""
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))


async def body_within(request: Request, most: int = BODY_MOST) -> bytes:
    """The whole body, up to a bound in bytes. Raises BodyTooLarge before it is read in."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BodyTooLarge(f"The request is larger than the {most:,} bytes that this address takes.")
        parts.append(part)
    return b"".join(parts)
