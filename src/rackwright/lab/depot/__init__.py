"""The artifact depot: what machines without a way out fetch over the management plane (packages, images)."""
