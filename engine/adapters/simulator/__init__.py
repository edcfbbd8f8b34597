"""The embedded CTI platform: a switch in memory, with agents, phones, groups, and faults on demand."""
