"""Who somebody is (tokens, keys), and what they may do (one policy)."""
