"""The error tree of Foedus.

    FoedusError                    .code (stable, kebab-case)  .hint (what to do)  .where (line, pointer, file)
      InputError                   CLI 2, HTTP 400/413/422
        MalformedRecord            bytes that do not say what their format says
        UnsupportedFormat          a format, version or media type nobody here reads
        LimitExceeded              too large, too deep, too many
      ProgrammeError               CLI 3
        InvalidProgramme           carries every finding, not only the first
        ExpiredProgramme           outside its term, or not in force
        UnknownParty
      ReleaseError                 CLI 4, HTTP 404 to partners
        NotReleasable
        LabelUnknown               no label, or one that nobody mapped
      TrustError                   CLI 5, HTTP 401
        BadSignature
        BrokenChain
        ForkedLedger
      ExchangeError                CLI 6, HTTP 502   .retryable
      StoreError                   CLI 7, HTTP 500/503

A message names what is wrong, ``where`` the place, ``hint`` what to do. None of them ever holds content of a finding.
"""

from __future__ import annotations

from typing import ClassVar


class FoedusError(Exception):
    """Base of every error that Foedus raises on purpose.

    Args:
        message: what is wrong, one sentence, no content of findings.
        code: stable kebab-case name of the case; the class's own where it says no more.
        where: the place (file, line and column, JSON pointer), empty when there is none.
        hint: what to do about it, empty when there is nothing to say.
    """

    default_code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, code: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Message, place and advice in one line."""
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{advice}"


class InputError(FoedusError):
    """Something that came in cannot be taken."""

    default_code, exit_code, http_status = "input", 2, 400


class MalformedRecord(InputError):
    """Bytes that do not say what their format says."""

    default_code = "malformed"


class UnsupportedFormat(InputError):
    """A format, version or media type that nobody here reads."""

    default_code = "unsupported"


class LimitExceeded(InputError):
    """Input beyond a limit of size, depth or number."""

    default_code, http_status = "limit", 413


class ProgrammeError(FoedusError):
    """The programme does not carry what was asked of it."""

    default_code, exit_code, http_status = "programme", 3, 422


class InvalidProgramme(ProgrammeError):
    """A programme document with mistakes; ``findings`` holds all of them."""

    default_code = "programme-invalid"

    def __init__(self, message: str, findings: tuple[object, ...] = (), **place: str) -> None:
        super().__init__(message, **place)
        self.findings = findings


class ExpiredProgramme(ProgrammeError):
    """A programme that is not in force at the instant."""

    default_code = "programme-not-in-force"


class UnknownParty(ProgrammeError):
    """A party the programme does not name."""

    default_code = "party-unknown"


class ReleaseError(FoedusError):
    """Something may not leave."""

    default_code, exit_code, http_status = "release", 4, 404


class NotReleasable(ReleaseError):
    """No clause lets it go."""

    default_code = "not-releasable"


class LabelUnknown(ReleaseError):
    """No label, or one that nobody mapped: a policy decision is needed."""

    default_code = "label-unknown"


class TrustError(FoedusError):
    """Something is not proven to be what it says."""

    default_code, exit_code, http_status = "trust", 5, 401


class BadSignature(TrustError):
    """A signature that does not verify, or that no known key made."""

    default_code = "signature-bad"


class BrokenChain(TrustError):
    """A proof, digest or sequence that does not join."""

    default_code = "chain-broken"


class ForkedLedger(TrustError):
    """Two signed states of one log that exclude each other; ``notes`` holds both where both are at hand."""

    default_code = "ledger-forked"

    def __init__(self, message: str, *, notes: tuple[str, ...] = (), **place: str) -> None:
        super().__init__(message, **place)
        self.notes = notes


class ExchangeError(FoedusError):
    """The other side could not be reached, or did not answer as it must."""

    default_code, exit_code, http_status = "exchange", 6, 502

    def __init__(self, message: str, *, retryable: bool = False, **place: str) -> None:
        super().__init__(message, **place)
        self.retryable = retryable


class StoreError(FoedusError):
    """The node's own storage failed."""

    default_code, exit_code, http_status = "store", 7, 503
