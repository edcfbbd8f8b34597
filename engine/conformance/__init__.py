"""The conformance kit: whether any server, desktop or captured log keeps the promises of the protocol.

Black box: it knows `specs/`, JSON and the classes of `protocol`, and nothing of this server.
"""
