"""The place for requests that another website sends through somebody's browser: they are refused."""

from fastapi import Request

from shared.errors import TablematesError


class FromElsewhere(TablematesError):
    """This was sent from another website, so nothing was done; open the page here and send it again."""

    code = "from_elsewhere"
    status = 403


def check_same_site(request: Request) -> None:
    """Raises FromElsewhere for what a browser says it sends from another site. Programs do not say."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FromElsewhere
