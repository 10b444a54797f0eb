"""The engine of the read models: folds the ledgers' events into rows with their history.

`_fold` is the pure part; `_store` and `_binary` read and write rows; `_batch` is one transaction of one practice;
`_worker` follows live; `_generation`, `_rebuild` and `_verify` make, replace and check whole generations.
"""
