"""JSON over HTTP to the token-protected admin routes of services and proxy."""

from typing import Any

import aiohttp

from lab.core.errors import ERROR_KINDS, LabError

WITHIN_S = 5.0


class Control:
    """A client that carries the run's admin token."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def json(self, method: str, url: str, body: Any = None, *, within_s: float = WITHIN_S) -> Any:
        """The decoded answer; LabError on 4xx and 5xx, with the service's own words, and when it does not answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self._token}"})
        try:
            timeout = aiohttp.ClientTimeout(total=within_s)
            async with self._session.request(method, url, json=body, timeout=timeout) as answer:
                content = await answer.json(content_type=None)
                if answer.status >= 400:
                    if isinstance(content, dict) and content.get("kind") in ERROR_KINDS:  # one of our own programs
                        raise ERROR_KINDS[content["kind"]](content["detail"], content["hint"])
                    detail = content.get("detail", "no reason given") if isinstance(content, dict) else content
                    raise LabError(f"A service refused a change: {detail}", "Check the change's names and values.")
                return content
        except ValueError:
            raise LabError(
                "Something else answers where a service should be.", "Start again: `lab stop`, then `lab start`"
            ) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LabError(f"A service did not answer: {error or 'time-out'}.", "See how it is: `lab status`") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
