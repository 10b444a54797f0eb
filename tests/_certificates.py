"""Certificates of a test's own: an authority, and what it vouches for at 127.0.0.1."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """PEM files."""

    authority: Path
    cert: Path
    key: Path
    both: Path
    """Key and certificate in one file, as Kafka wants them."""


def make_certificates(directory: Path) -> Certificates:
    """A new authority and one certificate of it, for servers and clients."""
    directory.mkdir(parents=True, exist_ok=True)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Sporbar test authority")
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    cert = _certificate(_name("127.0.0.1"), authority_name, key.public_key()).add_extension(address, critical=False)
    signed = cert.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = Certificates(*(directory / name for name in ("authority.pem", "cert.pem", "key.pem", "both.pem")))
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.cert.write_bytes(signed)
    files.key.write_bytes(secret)
    files.both.write_bytes(secret + signed)
    return files


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
    return built.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
