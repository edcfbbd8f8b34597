"""The contract suite: whether an adapter does what specs/adapter-interface.md says, tried promise by promise.

For `ixp adapter check`, for pytest, and for whoever calls the promises of `table.PROMISES` with a `bench.Bench`.
"""
