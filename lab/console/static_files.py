"""The files that come with the console: styles, scripts, drawings; browsers keep them until they change."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from lab.console.rendering import HEADERS, STATIC


class Files(StaticFiles):
    """Static files with the console's headers; an address that names the file's print may be kept for good."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file."""
        answer = await super().get_response(path, scope)
        for_good = b"v=" in scope.get("query_string", b"")
        answer.headers.update(HEADERS | {"Cache-Control": "max-age=31536000, immutable" if for_good else "no-cache"})
        return answer
