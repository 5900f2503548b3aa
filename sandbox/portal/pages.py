"""The guides: Markdown files whose tables of data and whose address of the server are filled in when shown.

A guide may hold comments of one line. `<!-- table: accounts -->` becomes that table, made of the data that
drives the sandbox, so no copy can go stale; every other comment is for the tests and is left out.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from importlib.resources import files

from fastapi import Request
from markdown_it import MarkdownIt
from markupsafe import Markup

from connectors.bills.billers import BILLERS
from connectors.bills.rail import Bills
from connectors.contract import Reason
from connectors.onelink.codes import FIELD_39
from connectors.raast.directory import ERRORS, RETURNS
from connectors.registry import RAILS
from connectors.rtp import STATUSES
from ledger import catalogue
from sandbox.accounts.service import SEED
from sandbox.events import EVENT_HELP
from sandbox.limits.models import quantity
from sandbox.limits.reading import RULES
from sandbox.payments.queries import list_triggers
from sandbox.rails.raast.codes import GATEWAY, OWN_REASONS, RECALL_RULES, Outcome
from sandbox.scenarios.models import CALLBACKS, FAULTS
from sandbox.settlement.breaks import KINDS as BREAKS

GUIDES = (
    "first-payment",
    "sandboxes-and-keys",
    "idempotency",
    "webhooks",
    "clock",
    "raast",
    "raast-ids-and-requests",
    "raast-bulk-and-returns",
    "raast-messages",
    "onelink",
    "bills",
    "scenarios",
    "settlement",
    "limits",
    "proofs",
    "postgresql-and-citus",
    "performance",
)
BILLS = Bills()
ADDRESS = "http://127.0.0.1:8000"
HOST = re.compile(r"([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
COMMENT = re.compile(r"^<!-- (?:table: (?P<table>[a-z-]+)|.*) -->$", re.MULTILINE)

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def _read_pages() -> dict[str, str]:
    docs = files("sandbox.portal").joinpath("docs")
    decisions = sorted(
        file.name.removesuffix(".md")
        for file in docs.joinpath("decisions").iterdir()
        if file.name.endswith(".md")
    )
    names = [*GUIDES, *(f"decisions/{name}" for name in decisions)]
    pages = {name: docs.joinpath(f"{name}.md").read_text("utf-8") for name in names}
    return pages | {"ledger-statuses": catalogue.markdown()}


PAGES = _read_pages()
TITLES = {name: text.partition("\n")[0].removeprefix("# ") for name, text in PAGES.items()}


def address_of(request: Request) -> str:
    """Return where the reader reached this server, for commands to copy.

    A Host header that is no plain host name is not repeated: readers paste these lines into a shell.
    """
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}" if HOST.fullmatch(host) else ADDRESS


def show_page(name: str, address: str) -> Markup:
    """Return a guide as HTML that names this address."""
    return Markup(_render(name).replace(ADDRESS, address))  # noqa: S704 - `address_of` lets no markup through


def inline(text: str) -> Markup:
    """Turn a sentence of ours, with its `code`, into HTML."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - raw HTML is off


@cache
def _render(name: str) -> str:
    """Turn a guide into HTML whose wide parts scroll, by keyboard too."""
    text = COMMENT.sub(lambda found: TABLES[found["table"]]() if found["table"] else "", PAGES[name])
    html: str = _MARKDOWN.render(text)
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<th>", '<th scope="col">')
    html = html.replace("<table>", '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>')
    return html.replace("</table>", "</table></div>")


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table in Markdown."""
    lines = [[*columns], ["---" for _ in columns], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _accounts() -> str:
    rows = ((row.nickname, f"`{row.iban}`", row.help) for row in SEED.values())
    return _table(("nickname", "IBAN", "what it is for"), rows)


def _tiers() -> str:
    rows = ((f"`{tier.code}`", tier.name, tier.help) for tier in RULES.tiers.values())
    return _table(("tier", "name", "who holds it"), rows)


def _limits() -> str:
    rows = (
        (
            rule.tier,
            f"`{rule.name}`" + (" (override)" if rule.override else ""),
            quantity(rule.most, rule.unit),
            rule.effective_from.isoformat(),
            "" if rule.effective_to is None else rule.effective_to.isoformat(),
            f"{rule.standing}: {rule.source}. {rule.note}".strip(),
        )
        for rule in RULES.all
    )
    return _table(("tier", "limit", "at most", "from", "to", "how sure, from where"), rows)


def _reasons(reasons: Mapping[str, Reason]) -> str:
    rows = ((row.code, row.standing, row.meaning) for row in reasons.values())
    return _table(("code", "standing", "meaning here"), rows)


def _triggers(rail: str) -> str:
    rows = (
        (f"[{row.name}](/docs/triggers#{row.rail}-{row.name})", row.stage.replace("_", " "), row.help)
        for row in list_triggers().data
        if row.rail == rail
    )
    return _table(("trigger", "stage", "what happens"), rows)


def _bills_triggers() -> str:
    rows = (
        (row.name, row.stage, f"`{BILLERS[row.biller].id}`", f"`{row.consumer_no}`", row.help)
        for row in BILLS.triggers
    )
    return _table(("bill", "stage", "biller", "consumer number", "what happens"), rows)


def _kinds(kinds: Mapping[str, str]) -> str:
    return _table(("kind", "what happens"), ((f"`{kind}`", text) for kind, text in kinds.items()))


def _onelink_reasons() -> str:
    """Write the reasons with the two digits of ISO 8583 that stand for the four."""
    rows = (
        (row.code, FIELD_39.get(row.code, ""), row.standing, row.meaning)
        for row in RAILS["onelink"].reasons.values()
    )
    return _table(("code", "field 39", "standing", "meaning here"), rows)


def _billers() -> str:
    rows = ((str(row.id), row.name, row.category, row.standing) for row in BILLERS.values())
    return _table(("number", "name", "category", "standing"), rows)


def _events() -> str:
    return _table(("type", "sent when"), ((f"`{kind}`", text) for kind, text in EVENT_HELP.items()))


def _raast_directory() -> str:
    rows = ((row.code, row.standing, row.meaning, f"`{row.problem}`") for row in ERRORS.values())
    return _table(("code", "standing", "meaning", "problem"), rows)


def _raast_returns() -> str:
    rows = ((row.code, row.standing, ", ".join(row.use), row.meaning) for row in RETURNS.values())
    return _table(("code", "standing", "used for", "meaning"), rows)


def _request_statuses() -> str:
    rows = (
        (
            row.code,
            row.standing,
            row.meaning,
            ", ".join(f"{event}: {status}" for event, status in row.moves.items()) or "nothing: it is final",
        )
        for row in STATUSES.values()
    )
    return _table(("status", "standing", "meaning", "what may happen (invented)"), rows)


def _raast_recalls() -> str:
    shown = {Outcome.GIVEN_BACK: "CNCL", Outcome.WAITS: "PDCR", Outcome.REFUSED: "RJCR"}
    rows = (
        (row.reason, f"`{shown[row.outcome]}`", row.answer or "", row.meaning)
        for row in RECALL_RULES.values()
    )
    return _table(("reason of the camt.056", "camt.029", "its reason", "what happens (invented)"), rows)


def _raast_gateway() -> str:
    rows = ((row.code, row.standing, row.text, ", ".join(row.reasons)) for row in GATEWAY.values())
    return _table(("code", "standing", "meaning", "reasons told so (ours)"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "accounts": _accounts,
    "limits": _limits,
    **{f"{code}-reasons": partial(_reasons, rail.reasons) for code, rail in RAILS.items()},
    **{f"{code}-triggers": partial(_triggers, code) for code in RAILS},
    "onelink-reasons": _onelink_reasons,
    "billers": _billers,
    "bills-reasons": partial(_reasons, BILLS.reasons),
    "bills-triggers": _bills_triggers,
    "breaks": partial(_kinds, BREAKS),
    "callback-faults": partial(_kinds, CALLBACKS),
    "events": _events,
    "faults": partial(_kinds, FAULTS),
    "raast-directory": _raast_directory,
    "raast-face-reasons": partial(_reasons, OWN_REASONS),
    "raast-gateway": _raast_gateway,
    "raast-recalls": _raast_recalls,
    "raast-returns": _raast_returns,
    "request-statuses": _request_statuses,
    "tiers": _tiers,
}
