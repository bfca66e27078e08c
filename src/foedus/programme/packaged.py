"""Programmes that come with the product, to start from and to test with."""

from __future__ import annotations

from importlib import resources

from foedus.errors import InputError


def shipped() -> tuple[str, ...]:
    """Return the names of the programmes that come with the product.

    >>> "nato-japan-2023" in shipped()
    True
    """
    folder = resources.files("foedus.programme") / "shipped"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def read_shipped(name: str) -> bytes:
    """Return the text of a programme that comes with the product.

    Raises:
        InputError: there is none of that name.
    """
    if name not in shipped():
        hint = f"there are: {', '.join(shipped())}"
        raise InputError(f"no programme {name!r} comes with the product", code="programme-not-shipped", hint=hint)
    return (resources.files("foedus.programme") / "shipped" / f"{name}.yaml").read_bytes()
