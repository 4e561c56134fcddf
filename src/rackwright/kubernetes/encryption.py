"""Encryption at rest: the form of the API server's file; the key stands in it as a reference only.

The API server takes no file without a key of 32 bytes, so that the form itself does nothing: whoever writes
it on a server puts the secret in the reference's place, in a file of mode 0600, and shows it nowhere.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def encryption_form(reference: str) -> Json:
    """EncryptionConfiguration (apiserver.config.k8s.io/v1).

    ``secretbox`` is what Kubernetes' page recommends among keys in a file; ``identity`` last reads what was
    written before there was a key (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/).
    """
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets", "configmaps"],
                "providers": [
                    {"secretbox": {"keys": [{"name": "key1", "secret": reference}]}},
                    {"identity": {}},
                ],
            }
        ],
    }
