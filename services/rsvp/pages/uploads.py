"""The place for uploading lists by page: first what would happen, then, with one button, that it does."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.rsvp.acquaintances import AcquaintedReport, read_couples, take_couples
from services.rsvp.domain.guest_lists.decoding import MAX_BYTES
from services.rsvp.domain.guest_lists.errors import ListEmpty
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.uploads import keep_upload, take_upload
from services.rsvp.importing import ImportReport, Progress, import_list, preview_list, read_list, report
from services.rsvp.pages.looks import PAGES
from services.rsvp.store.views import the_gathering
from shared.elsewhere import check_same_site
from shared.errors import InvalidInput, TablematesError
from shared.pages import PRIVATE
from shared.web import BodyTooLarge

AROUND_A_FILE = 4096  # what a multipart body has beside the file


def uploads_pages(entrance: Entrance) -> APIRouter:
    """/organise/g/{slug}/import."""
    routes = APIRouter(
        prefix="/organise/g/{slug}/import",
        include_in_schema=False,
        dependencies=[Depends(entrance.organiser), Depends(check_same_site)],
    )
    run = entrance.run

    @routes.post("")
    async def preview(slug: str, request: Request) -> Response:
        try:
            raw, filename = await _file(request)
            would = await preview_list(run, entrance.clock, slug, await read_list(raw, filename=filename))
            upload_id = await run(keep_upload, slug, raw)
        except TablematesError as refused:
            return await page(slug, refused=refused)
        return await page(slug, would, upload_id=upload_id)

    @routes.post("/confirm")
    async def confirm(slug: str, request: Request) -> Response:
        upload_id = str((await request.form(max_fields=2, max_part_size=1024)).get("upload_id", ""))
        try:
            guests = await read_list(await run(take_upload, slug, upload_id))
            progress = Progress(0)
            async for step in import_list(run, slug, guests):
                progress = step
        except TablematesError as refused:
            return await page(slug, refused=refused)
        return await page(slug, report(guests, progress.outcomes, preview=False))

    async def page(
        slug: str, told: ImportReport | None = None, *, upload_id: str = "", refused: TablematesError | None = None
    ) -> Response:
        return PAGES.page(
            "import.html",
            status=refused.status if refused else 200,
            headers=PRIVATE,
            gathering=await run.read(the_gathering, slug),
            report=told,
            upload_id=upload_id,
            refused=refused,
        )

    return routes


def acquainted_pages(entrance: Entrance) -> APIRouter:
    """/organise/g/{slug}/acquainted."""
    routes = APIRouter(
        prefix="/organise/g/{slug}/acquainted",
        include_in_schema=False,
        dependencies=[Depends(entrance.organiser), Depends(check_same_site)],
    )
    run = entrance.run

    @routes.post("")
    async def preview(slug: str, request: Request) -> Response:
        try:
            raw, _ = await _file(request)
            would = await take_couples(run, slug, await read_couples(raw), preview=True)
            upload_id = await run(keep_upload, slug, raw)
        except TablematesError as refused:
            return await page(slug, refused=refused)
        return await page(slug, would, upload_id=upload_id)

    @routes.post("/confirm")
    async def confirm(slug: str, request: Request) -> Response:
        upload_id = str((await request.form(max_fields=2, max_part_size=1024)).get("upload_id", ""))
        try:
            listed = await read_couples(await run(take_upload, slug, upload_id))
            return await page(slug, await take_couples(run, slug, listed))
        except TablematesError as refused:
            return await page(slug, refused=refused)

    async def page(
        slug: str, told: AcquaintedReport | None = None, *, upload_id: str = "", refused: TablematesError | None = None
    ) -> Response:
        return PAGES.page(
            "acquainted.html",
            status=refused.status if refused else 200,
            headers=PRIVATE,
            gathering=await run.read(the_gathering, slug),
            report=told,
            upload_id=upload_id,
            refused=refused,
        )

    return routes


async def _file(request: Request) -> tuple[bytes, str]:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MAX_BYTES + AROUND_A_FILE:
        raise BodyTooLarge(f"A guest list may have {MAX_BYTES // 1_000_000} MB at most.")
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("file")
        raw, name = (await file.read(), file.filename or "") if isinstance(file, UploadFile) else (b"", "")
    if not raw:
        raise ListEmpty if name else InvalidInput("Choose a file first.")
    return raw, name
