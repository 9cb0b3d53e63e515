"""TLS for served fakes: an authority of one's own to trust, and certificates that it signs.

The certificate names the vendors' hosts too, so an unmodified client can be sent here by a hosts entry.
"""

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fakes.vendors import HOSTS

AUTHORITY_FILE, AUTHORITY_KEY_FILE = "fakes-ca.pem", "fakes-ca.key"
_SERVER_FILE = "fakes-server.pem"
_HOSTS = ("localhost", *(host for hosts in HOSTS.values() for host in hosts))
_ADDRESSES = ("127.0.0.1", "::1")
_AUTHORITY_LIFE, _SERVER_LIFE = timedelta(days=3650), timedelta(days=90)


def context(folder: Path) -> ssl.SSLContext:
    """A server's TLS context. The authority in `folder` is made once and kept, so it is trusted once.

    Raises OSError when the folder cannot be written, ValueError when what it holds is no authority.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / AUTHORITY_FILE).exists():
        _make_authority(folder)
    _make_server(folder)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / _SERVER_FILE)
    return made


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("tillproof fakes: an authority for tests")
    built = _certificate(name, name, key, key, _AUTHORITY_LIFE).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    _write(folder / AUTHORITY_KEY_FILE, _pem(key))
    (folder / AUTHORITY_FILE).write_bytes(
        built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )


def _make_server(folder: Path) -> None:
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY_FILE).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{folder / AUTHORITY_KEY_FILE} is not a key made here; delete it and start again")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(host) for host in _HOSTS] + [x509.IPAddress(ip_address(one)) for one in _ADDRESSES]
    built = (
        _certificate(_name("tillproof fakes"), authority.subject, key, signer, _SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    signed = built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    _write(folder / _SERVER_FILE, _pem(key) + signed)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    life: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # the machine's time, whatever the fakes' clock says: clients check against it
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
