"""A mail when urgent findings came in: how many of which urgency, and where to look; nothing of any of them."""

from __future__ import annotations

import shlex
import smtplib
import ssl
import subprocess
from email.message import EmailMessage

import msgspec

from foedus.errors import ExchangeError, InputError
from foedus.model import instant
from foedus.node.home import Node
from foedus.node.turns import alone
from foedus.store import findings, watch

_MARK, _LAST = "mail", "mail-at"
_TIMEOUT_S = 20.0
_MOST = 1_000
_WINDOW = 50_000


class Told(msgspec.Struct, frozen=True):
    """What a mail said, and to whom it went; ``findings`` 0: none did."""

    findings: int
    urgency: int
    to: tuple[str, ...]


def tell_due(node: Node) -> None:
    """Send the mail that is due, if any; a serving node asks each second.

    Raises:
        ExchangeError: it could not be sent; it is tried again when the next may go.
        InputError: settings that cannot be.
    """
    if node.config.mail_to:
        tell(node, at_once=False)


def tell(node: Node, *, at_once: bool) -> Told:
    """Send a mail if urgent findings came since the last one; the first time only remember what is there.

    Args:
        node: the node.
        at_once: also when the last mail went a short time ago.

    Raises:
        ExchangeError: it could not be sent; what it would have said is said by the next.
        InputError: settings that cannot be.
    """
    to = tuple(one.strip() for one in node.config.mail_to.split(",") if one.strip())
    if not to or not (node.config.mail_smtp or node.config.mail_command):
        raise InputError(
            "nobody is told by mail", code="mail-off", hint="settings mail_to, and mail_smtp or mail_command"
        )
    with alone(node, _MARK):
        newest, count = _due(node, at_once=at_once)
        if count:
            _send(node, count, to)
            with node.store.write() as tx:
                watch.keep_mark(tx, _MARK, newest)
    return Told(count, node.config.mail_urgency, to)


def _due(node: Node, *, at_once: bool) -> tuple[int, int]:
    """Return the newest row, and how many findings a mail now says; a try counts as one: a broken server is left alone."""
    now_us = instant.to_us(node.clock.now())
    with node.store.read() as read:
        newest, mark, last_us = findings.newest_seq(read), watch.mark(read, _MARK), watch.mark(read, _LAST) or 0
        early = now_us - last_us < node.config.mail_every_s * 1_000_000 and not at_once
        if mark is not None and (early or mark == newest):
            return newest, 0
        since = newest if mark is None else max(mark, newest - _WINDOW)
        count = len(findings.newer(read, since, node.config.mail_urgency, _MOST))
    with node.store.write() as tx:
        if count:
            watch.keep_mark(tx, _LAST, now_us)
        else:
            watch.keep_mark(tx, _MARK, newest)
    return newest, count


def _message(node: Node, count: int, to: tuple[str, ...]) -> EmailMessage:
    config, port = node.config, node.config.web.rpartition(":")[2]
    url = config.mail_url or (f"http://localhost:{port}/situation?watch=open" if port else "")
    many = f"{count} finding{'' if count == 1 else 's'} of urgency {config.mail_urgency}" + (
        "" if config.mail_urgency == 3 else " or more"
    )
    made = EmailMessage()
    made["From"], made["To"] = config.mail_from or to[0], ", ".join(to)
    made["Subject"] = f"Foedus {config.party}: {many}"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(f"{many} came in. Open {url}\n\n緊急度{config.mail_urgency}以上の所見が{count}件あります。{url}\n")
    return made


def _send(node: Node, count: int, to: tuple[str, ...]) -> None:
    try:
        message = _message(node, count, to)
        if node.config.mail_command:
            command = shlex.split(node.config.mail_command)
            subprocess.run(command, input=message.as_bytes(), check=True, capture_output=True, timeout=_TIMEOUT_S)  # noqa: S603 — the owner's own setting
        else:
            _by_smtp(node.config.mail_smtp, message, to)
    except (OSError, ValueError, smtplib.SMTPException, subprocess.SubprocessError) as error:
        hint = "see the settings mail_smtp and mail_command; it is tried again"
        raise ExchangeError("the mail could not be sent", code="mail-refused", hint=hint) from error


def _by_smtp(address: str, message: EmailMessage, to: tuple[str, ...]) -> None:
    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=_TIMEOUT_S) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(message, to_addrs=list(to))
