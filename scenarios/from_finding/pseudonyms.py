"""Invented people: the same person is always given the same name and address, and nobody can go back.

A name is a keyed hash of the account's number for the person, so only who has the key could try numbers out.
"""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

DOMAIN = "quillhaven-post.com"  # invented
_FIRST = [
    "Ada",
    "Alma",
    "Anton",
    "Arvid",
    "Bela",
    "Birk",
    "Cleo",
    "Dara",
    "Edda",
    "Elis",
    "Enzo",
    "Esra",
    "Fen",
    "Finn",
    "Freya",
    "Gil",
    "Greta",
    "Hale",
    "Ida",
    "Ilse",
    "Ines",
    "Iris",
    "Ivo",
    "Jalo",
    "Jona",
    "Juna",
    "Kai",
    "Kira",
    "Lark",
    "Lea",
    "Leif",
    "Lio",
    "Liv",
    "Lou",
    "Maja",
    "Malo",
    "Mara",
    "Milo",
    "Nell",
    "Nico",
    "Nils",
    "Nola",
    "Odin",
    "Oona",
    "Otis",
    "Pia",
    "Quin",
    "Rafa",
    "Remi",
    "Rhea",
    "Romy",
    "Runa",
    "Sami",
    "Silas",
    "Sol",
    "Suri",
    "Tao",
    "Tess",
    "Thea",
    "Timo",
    "Una",
    "Vera",
    "Wren",
    "Yara",
]
_LAST = [
    "Ashdown",
    "Birchall",
    "Brook",
    "Calder",
    "Carrow",
    "Claye",
    "Combe",
    "Corran",
    "Dale",
    "Denholm",
    "Dunmore",
    "Eastly",
    "Elmfield",
    "Fairley",
    "Fenwick",
    "Finch",
    "Garrow",
    "Glenn",
    "Granby",
    "Hadley",
    "Harrow",
    "Hartwell",
    "Hazel",
    "Heath",
    "Holt",
    "Ingram",
    "Jarrow",
    "Keld",
    "Kestrel",
    "Kirkby",
    "Lakeley",
    "Langdon",
    "Larch",
    "Linden",
    "Lowell",
    "Marlow",
    "Meadow",
    "Merrow",
    "Milne",
    "Moor",
    "Norcott",
    "Oakes",
    "Orchard",
    "Penrose",
    "Pike",
    "Quarry",
    "Radley",
    "Ravell",
    "Redfern",
    "Rowan",
    "Selwyn",
    "Sorrel",
    "Stane",
    "Sterling",
    "Tarn",
    "Thorne",
    "Underhill",
    "Vale",
    "Warren",
    "Weld",
    "Westly",
    "Willow",
    "Wynd",
    "Yarrow",
]
_STREETS = ("Harbour Street", "Mill Lane", "North Gate", "Station Road", "Old Square", "Bridge Street")


class Pseudonyms:
    """Names and addresses of people who do not exist, and shops'."""

    def __init__(self, key: bytes) -> None:
        """`key` is kept secret; another one invents other people."""
        self._key = key

    def name(self, person: str) -> str:
        """First name, initial and last name of a person known by some number."""
        number = self._number("person", person)
        number, first = divmod(number, len(_FIRST))
        number, last = divmod(number, len(_LAST))
        return f"{_FIRST[first]} {chr(ord('A') + number % 26)}. {_LAST[last]}"

    def email(self, person: str) -> str:
        """Their address at a domain that was made up."""
        first, _, last = self.name(person).lower().split()
        return f"{first}.{last}.{self._number('address', person) % 0x10000:04x}@{DOMAIN}"

    def shop(self, shop: str) -> str:
        """What a shop is called."""
        return _STREETS[self._number("shop", shop) % len(_STREETS)]

    def _number(self, kind: str, text: str) -> int:
        digest = hmac.new(self._key, f"{kind}\x1f{text}".encode(), sha256).digest()
        return int.from_bytes(digest[:8], "big")


def of_secret(secret: str) -> Pseudonyms:
    """Invented people for whoever has this secret, such as the key of the settings."""
    return Pseudonyms(hmac.new(secret.encode(), b"tillproof pseudonyms", sha256).digest())


def of_this_user() -> Pseudonyms:
    """Invented people for reports without settings; the key is made once, in the user's own folder."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    file = state / "tillproof" / "pseudonyms.key"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(secrets.token_hex(32))
        except FileExistsError:
            pass  # made by another process a moment ago
    return of_secret(file.read_text(encoding="utf-8"))
