"""Quality of service: the contract's figures, and the walk through what was rendered from them."""
