"""Log stores are asked in their own language and answer the contract's lines."""
