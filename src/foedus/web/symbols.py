"""Standard symbols of kinds, from the rooms' own folders; the address changes with the drawing, so that browsers keep them."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from foedus.node.home import Node
from foedus.node.naming import RoomWords, room_words

PATH = "/symbol/{room}/{kind}"


class Symbols:
    """Answers for the symbols of a node's rooms, to anybody: they are as public as the style sheet.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    async def __call__(self, request: Request) -> Response:
        """Answer with a drawing, or that there is none."""
        words = room_words(self._node).get(request.path_params["room"])
        drawn = words.symbols.get(request.path_params["kind"].removesuffix(".svg")) if words else None
        if drawn is None:
            return Response(status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(drawn, headers=headers, media_type="image/svg+xml")


def address(room: str, kind: str, words: RoomWords) -> str:
    """Return where the symbol of a kind is."""
    return f"/symbol/{quote(room)}/{quote(kind)}.svg?v={sha256(words.symbols[kind]).hexdigest()[:12]}"
