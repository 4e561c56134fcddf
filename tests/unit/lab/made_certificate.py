"""A certificate, its authority and the authority's key, as kubeadm makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def made() -> tuple[bytes, bytes, bytes]:
    """PEM of each."""
    key, own = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)])
        for each in ("kubernetes", "kube-apiserver")
    ]
    begun = datetime.now(UTC) - timedelta(days=1)

    def one(subject: x509.Name, public: rsa.RSAPublicKey, authority: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[0])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begun)
            .not_valid_after(begun + timedelta(days=365))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if not authority:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName("api.lab")]), critical=False
            )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return one(names[1], own.public_key(), False), one(names[0], key.public_key(), True), pem
