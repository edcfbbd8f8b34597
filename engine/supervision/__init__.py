"""Supervision: a connection's supervisor (`desk`), what supervisors are shown (`shown`), and their hold on one session
(`oversight`)."""
