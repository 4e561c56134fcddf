"""The lab's certificate authority for BMCs, and what each BMC is provisioned with: certificate and
password.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

import bcrypt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rackwright.atomic import write
from rackwright.lab.bmc.settings import BmcSettings, folder
from rackwright.lab.place import Place

YEARS = 5
ROUNDS = 4
"""bcrypt's least: the passwords are random and long, and a BMC checks one with every request."""


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _builder(subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
    )


def _authority(path: Path, lab: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The authority's key and certificate, made once for each lab."""
    if path.exists():
        pem = path.read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key, x509.load_pem_x509_certificate(pem)
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"rackwright lab {lab} BMC authority"
    certificate = (
        _builder(name, _name(name), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    write(path, _pem(key) + certificate.public_bytes(serialization.Encoding.PEM).decode(), mode=0o600)
    return key, certificate


def provision(place: Place, bmcs: Sequence[BmcSettings], user: str, password: str) -> tuple[str, bool]:
    """Give each BMC its certificate and password; the authority's certificate (PEM) and whether anything
    changed.
    """
    key, authority = _authority(folder(place) / "authority.pem", place.name)
    changed = False
    for bmc in bmcs:
        home = folder(place) / bmc.server
        home.mkdir(parents=True, exist_ok=True)
        changed |= _certificate(home / "tls.pem", bmc, key, authority)
        changed |= _password(home / "htpasswd", user, password)
    return authority.public_bytes(serialization.Encoding.PEM).decode(), changed


def _certificate(
    path: Path, bmc: BmcSettings, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate
) -> bool:
    if path.exists():
        found = x509.load_pem_x509_certificate(path.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if str(bmc.address) in map(str, names.get_values_for_type(x509.IPAddress)):
            return False
    own = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(bmc.address)), x509.DNSName(f"{bmc.server}-bmc")]
    )
    certificate = (
        _builder(f"{bmc.server}-bmc", authority.subject, own.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write(path, _pem(own) + certificate.public_bytes(serialization.Encoding.PEM).decode(), mode=0o600)
    return True


def _password(path: Path, user: str, password: str) -> bool:
    if path.exists():
        name, _, hashed = path.read_text().strip().partition(":")
        if name == user and bcrypt.checkpw(password.encode(), hashed.encode()):
            return False
    hashed_now = bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()
    write(path, f"{user}:{hashed_now}\n", mode=0o600)
    os.chmod(path, 0o600)
    return True
