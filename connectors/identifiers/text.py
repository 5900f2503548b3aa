"""What all identifiers share: their error, and the one way in which foreign text becomes plain text.

An identifier is kept as a `str` of its bare characters: no spaces, no dashes, capitals where letters
count. `parse_*` gives that form or raises; `format_*` writes it for people; `mask_*` writes it for logs
and screens. No error ever repeats what was given: it may be somebody's number.
"""

from collections.abc import Sequence

MAX_CHARACTERS = 254
"""No identifier is longer: it is the longest that an e-mail address may be."""

_SEPARATORS = str.maketrans("", "", " -")


class IdentifierError(ValueError):
    """The text is not the identifier that it was taken for; the message says what is wrong."""


def plain(value: object, what: str, error: type[IdentifierError]) -> str:
    """Return the text without spaces around it.

    Raises `error` when it is no text, empty, longer than `MAX_CHARACTERS`, or holds anything but printable
    ASCII: digits of other scripts and letters that merely look alike are refused, never converted.
    """
    if not isinstance(value, str):
        raise error(f"{what} is text, not {type(value).__name__}")
    if len(value) > MAX_CHARACTERS:
        raise error(f"{what} is short, this text has {len(value)} characters")
    text = value.strip(" ")
    if not text:
        raise error(f"{what} is missing: the text is empty")
    if not (text.isascii() and text.isprintable()):
        raise error(f"{what} is written with ASCII letters and digits only, this holds another character")
    return text


def compact(value: object, what: str, error: type[IdentifierError]) -> str:
    """Return the text as `plain` does, without the spaces and dashes inside it."""
    return plain(value, what, error).translate(_SEPARATORS)


def digits(value: object, what: str, lengths: Sequence[int], error: type[IdentifierError]) -> str:
    """Return the digits of a number of one of these lengths, without the spaces and dashes inside it."""
    text = compact(value, what, error)
    expected = (
        f"{lengths[0]} to {lengths[-1]}" if isinstance(lengths, range) else " or ".join(map(str, lengths))
    )
    if not text.isdigit():
        raise error(f"{what} has {expected} digits and nothing else but dashes or spaces")
    if len(text) not in lengths:
        raise error(f"{what} has {expected} digits, this has {len(text)}")
    return text


def mask(text: str, head: int, tail: int) -> str:
    """Return the text with stars for all but its first `head` and last `tail` characters; a short one hides all."""
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[head + hidden :] if hidden > 0 else "*" * len(text)
