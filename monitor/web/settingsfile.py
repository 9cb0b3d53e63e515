"""Adding an account to the settings file: whole or not at all, and never with a secret in it.

Secrets go into files of their own beside it (`tillproof-secrets/`, readable by this user alone), which the
new section names. What stands in the file already is kept to the byte; the file is replaced in one step,
after it was read as a whole and found right.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.settings import Settings, WrongSettings
from sync.sources import registry

FOLDER = "tillproof-secrets"


class CannotWrite(Exception):
    """The file cannot be written; `toml` is to be added by hand, and `variables` are to hold the secrets."""

    def __init__(self, why: str, toml: str, variables: Sequence[str]) -> None:
        """Why, and what to do by hand."""
        super().__init__(why)
        self.why, self.toml, self.variables = why, toml, variables


def add(path: Path, name: str, section: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Add the account. Raises CannotWrite, and WrongSettings when the file would not be right with it."""
    plain, secrets = _apart(section)
    named = {place: f"{FOLDER}/{_file_name(name, place)}" for place in secrets}
    by_hand = CannotWrite("", as_toml(name, plain, {}), [_variable(name, place) for place in secrets])
    try:
        path = path.resolve(strict=True)
        with _alone(path):
            _keep(path.parent, {named[place]: secret for place, secret in secrets.items()})
            _append(path, as_toml(name, plain, named), name, environment)
    except OSError as problem:
        why = f"{path.name} cannot be written here ({problem.strerror})"
        raise CannotWrite(why, by_hand.toml, by_hand.variables) from None


def as_toml(name: str, plain: Mapping[str, Any], named: Mapping[tuple[str, str], str]) -> str:
    """The section as it stands in the file; `named` are the files of the secrets by section and field."""
    lines = [f"[accounts.{name}]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in plain.items() if not isinstance(value, dict)]
    for part, values in plain.items():
        if isinstance(values, dict):
            lines += ["", f"[accounts.{name}.{part}]"]
            lines += [f"{key} = {_quoted(value)}" for key, value in values.items()]
            lines += [f"{field}_file = {_quoted(file)}" for (of, field), file in named.items() if of == part]
    return "\n".join(lines) + "\n"


def _apart(section: Mapping[str, Any]) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """The section without its secrets, and those by section and field."""
    source = section["source"]
    fields = {source: registry.settings_of(source).SECRETS, "klaviyo": ("api_key",)}
    plain: dict[str, Any] = {}
    secrets: dict[tuple[str, str], str] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            secrets |= {(key, one): value[one] for one in fields.get(key, ()) if value.get(one)}
            plain[key] = {k: v for k, v in value.items() if (key, k) not in secrets}
        else:
            plain[key] = value
    return plain, secrets


def _append(path: Path, toml: str, name: str, environment: Mapping[str, str]) -> None:
    before = path.read_bytes()
    mode = stat.S_IMODE(path.stat().st_mode)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(unfinished, before.rstrip(b"\n") + b"\n\n" + toml.encode(), mode)
        if name not in Settings.load(unfinished, environment).accounts:
            raise WrongSettings(f"{path.name}: the new account does not show in it")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _keep(folder: Path, secrets: Mapping[str, str]) -> None:
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    for file, secret in secrets.items():
        unfinished = folder / f"{file}.part"
        _write(unfinished, secret.encode(), 0o600)
        unfinished.replace(folder / file)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = os.open(path.parent / f".{path.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _file_name(name: str, place: tuple[str, str]) -> str:
    return f"{name}.{place[0]}.{place[1]}"


def _variable(name: str, place: tuple[str, str]) -> str:
    return f"TILLPROOF_{name}_{place[0]}_{place[1]}".upper().replace("-", "_")


def _quoted(value: object) -> str:
    # A JSON string of printable text is a basic string of TOML, too.
    return json.dumps(str(value), ensure_ascii=False)
