"""What can be asked: the types, where each field lives, and the contract's view of the schema."""
