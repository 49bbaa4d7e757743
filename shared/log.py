"""The place for logs: `noun.verb` and ids, one line each, for people on a terminal and as JSON elsewhere."""

import json
import logging
import sys
from typing import Any

import structlog
from pydantic_core import to_json

from shared import tracing


def configure(style: str = "", *, least: int = logging.INFO) -> None:
    """Sets logging up once a process. `style` is `console`, `json`, or empty to choose by the terminal."""
    console = style == "console" or (not style and sys.stderr.isatty())
    # Without local variables: a traceback that shows them shows people's addresses and answers.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = plain if console else _as_json
    as_dict = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_we_act,
            *([] if console else [as_dict]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    for name in ("uvicorn.access", "uvicorn.error", "faststream"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _as_json(_logger: Any, _method: str, event: Any) -> str:
    try:
        return to_json(event, fallback=repr).decode()
    except ValueError:  # half of a surrogate pair in somebody's error
        return json.dumps(event, default=repr)


def _where_we_act(_logger: Any, _method: str, event: Any) -> Any:
    context = tracing.current()
    if trace_id := context.trace_id:
        event.setdefault("trace_id", trace_id)
    if context.correlation_id:
        event.setdefault("correlation_id", context.correlation_id)
    return event
