"""What must hold for the files themselves."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+")
# Put together here, so that this file does not name what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs"),
        ("proxy", "golang"),
    )
]


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607 - git of the developer
    if listing.returncode:
        pytest.skip("not a git checkout: nothing says which files are ours")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_constraints_pin_versions_and_name_no_address() -> None:
    lines = (ROOT / ".ci/constraints.txt").read_text("utf-8").splitlines()
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line)] == []


def test_no_file_names_a_registry() -> None:
    found = [
        (str(path.relative_to(ROOT)), host)
        for path in tracked()
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    ]
    assert found == []


def test_only_the_executor_and_the_ledgers_own_store_commit() -> None:
    # The benchmark writes rows past the ledger for its floors.
    homes = {"sandbox/executor.py", "ledger/storage/sqlite.py", "ledger/benchmark/sqlite.py"}
    committing = re.compile(r"\.commit\(|\"COMMIT\"")
    found = {
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"ledger", "connectors", "sandbox"}
        if committing.search(path.read_text("utf-8"))
    }
    assert found <= homes


def test_production_code_stays_in_files_that_can_be_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py" and "migrations" not in path.parts
        if (lines := path.read_text("utf-8").count("\n")) > 450
    }
    assert long == {}
