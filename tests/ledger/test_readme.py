import re
from pathlib import Path

import ledger

README = Path(ledger.__file__).with_name("README.md")


def test_the_readme_runs_from_top_to_bottom() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile("".join(blocks), str(README), "exec"), {})  # noqa: S102 - our own text


def test_every_public_name_is_there() -> None:
    assert sorted(ledger.__all__) == sorted(set(ledger.__all__))
    assert all(hasattr(ledger, name) for name in ledger.__all__)
