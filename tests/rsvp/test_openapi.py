"""The API keeps what its OpenAPI document promises, whatever is sent."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from tests.rsvp.served import Served, serving

# A schema cannot say that an end comes after its beginning, or which cursors we gave; and we send our own key.
LEFT_OUT = [positive_data_acceptance, ignored_auth]
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
QUIET = settings(
    max_examples=12, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None
)


class Promised:
    """The service with one gathering, one RSVP, and a way to call it synchronously."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.Runner()
        self._serving = serving(f"sqlite:///{folder / 'openapi.sqlite'}")
        self.served: Served = self._loop.run(self._serving.__aenter__())
        self.gathering = self._loop.run(self.served.a_gathering())
        self._loop.run(self.served.rsvps(self.gathering, "dana"))
        self.link = self._loop.run(self.served.token(self.gathering, "dana"))
        self.schema = schemathesis.openapi.from_asgi("/openapi.json", self.served.parts.app)

    def close(self) -> None:
        self._loop.run(self._serving.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promised]:
    promised = Promised(tmp_path_factory.mktemp("openapi"))
    yield promised
    promised.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_operation_keeps_its_promises(promised: Promised) -> None:
    operations: list[Any] = [found.ok() for found in promised.schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) == 22
    for operation in operations:
        takes_nothing = operation.path == "/operate/dead"  # no parameter, no body, no key: nothing to get wrong
        for mode in MODES[:1] if takes_nothing else MODES:
            _try_out(promised, operation, operation.as_strategy(generation_mode=mode))


def _try_out(promised: Promised, operation: Any, cases: st.SearchStrategy[Any]) -> None:
    key = promised.link if "/my/" in operation.path else promised.served.key
    known = {
        parameter["name"] for parameter in operation.definition.raw.get("parameters", []) if parameter["in"] == "query"
    }

    @QUIET
    @given(case=cases)
    def holds(case: Any) -> None:
        if "gathering_id" in (case.path_parameters or {}):
            case.path_parameters["gathering_id"] = promised.gathering["id"]
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
        # an unknown parameter in a web address is passed over, as everywhere on the web
        # and of one that is given several times the last counts
        asked = case.query or {}
        strange = set(asked) - known or any(isinstance(value, list) for value in asked.values())
        case.call_and_validate(excluded_checks=[*LEFT_OUT, *([negative_data_rejection] if strange else [])])

    holds()


def test_every_operation_is_described(promised: Promised) -> None:
    document = promised.served.parts.app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description") or "tip" in path, (method, path)
            assert operation.get("security"), (method, path)
            assert "503" in operation["responses"], (method, path)
