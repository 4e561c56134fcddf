"""GPU sharing: what a profile of the cluster file means to a DRA driver, and what the drivers refuse."""
